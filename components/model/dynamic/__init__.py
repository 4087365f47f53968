"""Dynamic providers of the model. Stacks' states name these modules: never move or rename one."""
