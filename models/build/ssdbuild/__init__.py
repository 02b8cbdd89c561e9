"""Makes a detector of the form of Coral's of a network with anchors that is here, so that this form is measured with real faces.

It knows files and cards, and not what is measured with them.
"""
