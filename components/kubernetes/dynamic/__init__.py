"""Dynamic providers of the cluster. Stacks' states name these modules: never move them."""
