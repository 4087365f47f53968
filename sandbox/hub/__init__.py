"""A local stand-in for the Hugging Face Hub: the part of its HTTP interface that the download uses."""
