"""Draws self-contained map pages from finished numbers; computes none."""
