"""What people script in Python: `edged.Recogniser`, on the same parts as the daemon and the shell.

How pictures are examined is not known here.
"""
