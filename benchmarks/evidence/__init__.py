"""Measures how good the search of a stack is, on two collections of texts that package registries carry."""
