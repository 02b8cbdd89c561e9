"""The campaign: the real edged under faults of programs, networks and disks, and what came of its events and of what was asked of it.

It sees edged only from outside: its command line, its topics, its log and its gallery file. See `scripts/faults --help`.
"""
