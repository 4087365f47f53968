"""The command line for a stack that is up: put documents into its index, and search them."""
