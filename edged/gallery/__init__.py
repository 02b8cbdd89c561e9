"""Who is enrolled, what a probe matches, and the events not yet delivered: numpy for the search, one SQLite file for the rest.

It knows nothing of pixels, cameras or brokers: pictures are bytes to it, payloads are JSON.
"""
