"""Asks services whether they answer: SIP, H.323, HTTP and TLS, by the protocol itself, not by SNMP."""
