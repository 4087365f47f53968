"""Taking documents out of an index that answers from a table."""
