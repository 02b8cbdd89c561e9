"""A camera that fails, played by GStreamer's RTSP server, and what that does to whoever reads it.

It knows edged's reader from outside: its configuration, what it says, and what it takes of the machine.
"""
