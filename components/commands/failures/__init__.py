"""Why a program in a container does not come up: what its own last words mean, and what to do about them."""
