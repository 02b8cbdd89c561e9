"""People, their templates and remembered strangers: kept, compared, calibrated.

Pixels are not known here.
"""
