"""What the other commands do: one module each, thin."""
