"""GGUF files that the sandbox writes where the Hugging Face Hub cannot be reached."""
