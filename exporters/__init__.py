"""Shows what was found: the snapshot, its metrics and the web server."""
