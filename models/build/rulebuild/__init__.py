"""How the rules for several templates, and templates of altered pictures, are measured against each other.

It knows the product's networks and protocol, and nothing of galleries in files.
"""
