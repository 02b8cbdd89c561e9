"""The running program: the parts wired together, and the one thread that drives them.

What is decided about a face or a request is not known here.
"""
