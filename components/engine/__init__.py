"""The Docker engine: how it is reached and asked, and the guard that keeps an update on the stack's own."""
