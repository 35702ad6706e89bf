"""The state folder: phusong.db, its tables, and what is remembered in it."""
