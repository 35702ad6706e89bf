"""Who is ready for a meeting: the decision, and every form in which it is shown."""
