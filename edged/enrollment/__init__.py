"""How templates of a person come to be: from pictures, from looks before a camera, from an archive, and again for another network.

Who asked for it is not known here.
"""
