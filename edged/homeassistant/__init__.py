"""What Home Assistant is told of the device: its entities, their names in each language, and when they are announced.

Who is before a camera is not known here.
"""
