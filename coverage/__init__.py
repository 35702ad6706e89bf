"""Geodata only: boundaries, coverage layers and indicators; imports nothing else of ours."""
