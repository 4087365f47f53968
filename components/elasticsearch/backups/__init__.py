"""Backups of the stack's own node: snapshots in a volume of their own, how they are taken and how they are restored."""
