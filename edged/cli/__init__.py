"""What people type: the words of the command line, and what is printed.

How a command is carried out is not known here.
"""
