"""Asks video-conference endpoints what they know of themselves and of their calls: one module per family."""
