"""Reads documents from files, folders and standard input, with the place of each."""
