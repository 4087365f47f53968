"""The programs in components/commands: how one is declared, begins, ends, and is stopped."""
