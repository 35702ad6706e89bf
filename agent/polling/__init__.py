"""Whom to ask when, and what came of it."""
