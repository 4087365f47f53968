"""Replacements, built from package registries alone, for the outside parts that a machine cannot reach."""
