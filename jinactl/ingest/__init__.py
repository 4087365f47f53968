"""Puts documents of many formats into a stack's index, again and again without doing anything twice."""
