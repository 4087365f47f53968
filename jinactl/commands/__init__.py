"""The commands: what each takes, what it does with it, and how it shows the result; a module each."""
