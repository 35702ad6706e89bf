"""Reports for people and contracts, made of what the agent has recorded."""
