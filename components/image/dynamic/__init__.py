"""Dynamic providers of the image; stacks' states name these modules and their classes."""
