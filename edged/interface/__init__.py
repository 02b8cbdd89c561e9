"""The words on the wire: each verb with its request and answer side by side, events, states and topics.

Neither the broker nor what carries a request out is known here.
"""
