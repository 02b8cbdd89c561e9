"""The product measured over public data: pictures through the real networks into figures.

The gallery file and the daemon are not known here.
"""
