"""Tests of systemd/ and scripts/install."""
