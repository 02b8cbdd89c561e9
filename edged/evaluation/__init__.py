"""Arithmetic on results: error rates, confusion, average precision, the tail of impostors.

Networks and pictures are not known here.
"""
