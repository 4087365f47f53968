"""Documents of an index: writing and counting them, and finding those whose embedding is not of their text."""
