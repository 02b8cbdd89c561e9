"""The device as Home Assistant shows it: its entities, their names in each language, and when they are published.

It does not know who is before a camera.
"""
