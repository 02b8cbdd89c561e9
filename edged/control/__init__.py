"""A request in, its answer out: one handler for each verb, at once or in steps between which the cameras are looked at (handlers.py).

How requests arrive and where answers go is not known here.
"""
