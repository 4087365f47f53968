"""What every container of a stack is declared with, and what is declared beside it."""
