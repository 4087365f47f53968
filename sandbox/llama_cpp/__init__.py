"""The source of llama.cpp for machines that cannot reach its git repository."""
