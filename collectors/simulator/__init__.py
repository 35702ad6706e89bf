"""A simulated province of SNMP agents on loopback addresses, the same every time by seed."""
