"""Tests of edged.gallery, on real SQLite files."""
