"""What a preview of no change takes, and how much of it Pulumi takes for a program of the same size."""
