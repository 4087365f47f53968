"""The indices that follow one another behind an alias: what is there, what is wanted, and single changes."""
