"""Traps and informs: one UDP socket, a cheap gate before it, and pysnmp behind the gate.

What a notification is good for is decided elsewhere: here it is received, checked and named.
"""
