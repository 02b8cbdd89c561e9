"""Pixels to values: detection, quality, alignment, embedding and attributes by networks.

People are not known here.
"""
