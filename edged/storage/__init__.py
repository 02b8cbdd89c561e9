"""The SQLite file: opened, migrated, read and written in transactions.

What the tables mean to anybody is not known here.
"""
