"""The search page in headless Chromium."""
