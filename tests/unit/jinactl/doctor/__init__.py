"""What the doctor finds in what it reads, without an engine or a node."""
