"""``phusong discover``: who is there, and rows for the inventory."""
