"""Tests of edged.camera."""
