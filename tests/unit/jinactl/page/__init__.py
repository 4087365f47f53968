"""The search page, without a browser."""
