"""Carries bytes between the daemon and a broker, and stays connected.

What a message means is not known here.
"""
