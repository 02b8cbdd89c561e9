"""The workshop that turns published ONNX weights into the int8 networks that edged ships.

Nothing here is imported by the daemon, and nothing here knows cameras, people or MQTT.
"""
