"""Takes documents out of a stack's index: to files, or away."""
