"""What the gateway adds to asking a server directly."""
