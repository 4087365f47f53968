"""A local stand-in of the Hugging Face Hub: the HTTP surface that huggingface_hub really uses to fetch files."""
