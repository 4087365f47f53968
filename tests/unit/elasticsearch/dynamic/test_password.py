"""The password of the stack's own node as a resource."""

from pulumi.output import UNKNOWN

from components.elasticsearch.dynamic.password import PasswordProvider


def test_a_password_is_made_once_and_stays() -> None:
    made = PasswordProvider().create({"schema_version": "1", "__provider": "pickled"})
    assert made.outs is not None
    assert len(made.outs["password"]) == 32
    assert made.outs["password"] != (PasswordProvider().create({}).outs or {})["password"]
    assert PasswordProvider().diff("id", made.outs, {"password": UNKNOWN}).changes is False
    assert PasswordProvider().read("id", made.outs).outs == made.outs
