"""The operating system: processor and memory, systemd, the journal.

What the program does is not known here.
"""
