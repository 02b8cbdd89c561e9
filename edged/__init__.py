"""edged: face recognition at the door, published over MQTT.

`types.py` is read first: every part takes one of its values and gives another.
"""
