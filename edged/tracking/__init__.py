"""One face over frames: which detection belongs to which track, and what the track is held to be.

Pixels, networks and the gallery are not known here.
"""
