"""The generations of an alias (the indices that follow one another behind it): read, planned and changed."""
