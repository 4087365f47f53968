"""What a command starts beside a stack for some time, and removes however it ends."""
