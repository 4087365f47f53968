"""The dynamic resource of the stack's id. States name this module and its classes: never move or rename them."""
