"""A request in, its answer out: one handler for each verb.

How requests arrive and where answers go is not known here.
"""
