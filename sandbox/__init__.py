"""The demo, and replacements for the outside parts that a machine cannot reach, built from package registries alone."""
