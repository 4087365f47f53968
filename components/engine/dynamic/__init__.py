"""Dynamic providers of the Docker engine. Stacks' states name these modules: never move them."""
