"""Sources of frames: devices, streams, files, folders and pipes, each opened, read and closed in the same way.

What is seen in a frame is not known here.
"""
