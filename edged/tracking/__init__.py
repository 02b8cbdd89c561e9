"""Faces followed over frames and what they are held to be; knows values only."""
