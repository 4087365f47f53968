"""Dynamic resources over Elasticsearch. States name these modules and classes: never move or rename them."""
