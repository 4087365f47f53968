"""Checks that a cluster can be used: it answers, its license allows inference, the credentials have the privileges."""
