"""A frame in, the events that it completes out: detection, tracking, identity and attributes of one camera.

Where frames come from and where events go is not known here.
"""
