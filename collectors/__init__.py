"""Asks devices over the network and returns plain readings; imports nothing else of ours."""
