"""What decides: merged coverage, the figures of every commune, fallback at a point."""
