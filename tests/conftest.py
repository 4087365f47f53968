"""Makes the fixtures that several groups of tests share known to all of them."""

pytest_plugins = (
    "tests.contract.migration.outcomes",
    "tests.fixtures.elasticsearch_node",
    "tests.fixtures.proxy_image",
    "tests.fixtures.server_image",
)
