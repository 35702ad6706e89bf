"""What the readings mean: rules, limits, blame, rows. Pure decisions, and the memory between two looks."""
