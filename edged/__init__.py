"""edged: face recognition at the door, on the device, over MQTT."""
