"""What a person sees of the demo: progress, answers, and the report at its end."""
