"""Looks for the causes of trouble that docs/troubleshooting.md knows; changes nothing."""
