"""The state of a stack: how it is read, judged and shown."""
