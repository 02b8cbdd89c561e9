"""Tests of what lives in scripts/."""
