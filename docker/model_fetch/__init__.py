"""Puts the model's file into a folder, or verifies the one that is there, before llama-server starts."""
