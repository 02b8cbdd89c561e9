"""Arithmetic on results: error rates, confusion, average precision, the tail of impostors.

Networks and pixels are not known here.
"""
