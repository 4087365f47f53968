"""The model file: from the Hugging Face Hub to this machine, verified."""
