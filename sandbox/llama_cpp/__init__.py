"""The source of llama.cpp where its git repository cannot be reached, and what is built from it for the sandbox."""
