"""Measures how well, and at what cost, documents are found with each quant, dims and index option."""
