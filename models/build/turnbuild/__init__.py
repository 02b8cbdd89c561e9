"""Heads that are turned by a known amount, to measure what the face mesh says of them. Nothing here runs on a device."""
