"""People, their templates and remembered strangers: kept, compared, calibrated.

It does not know pixels.
"""
