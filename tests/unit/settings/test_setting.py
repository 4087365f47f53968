"""A setting in one line of a dataclass: what it becomes for llama-server, and who decides a variable."""

from dataclasses import dataclass

from components.settings.kinds import boolean, integer, secret
from components.settings.setting import keys_of_variables, setting, variables_of


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """Settings of every kind that llama-server could be told of, and one that it is not."""

    count: int = setting("serverCount", integer(0, 9), env="COUNT")
    on: bool = setting("serverOn", boolean, env="ON")
    off: bool = setting("serverOff", boolean, env="OFF")
    key: str = setting("serverKey", secret)


def test_what_a_line_says_of_variables_is_what_the_server_is_told() -> None:
    knobs = Knobs(count=7, on=True, off=False, key="hunter2")
    assert variables_of(knobs) == {"COUNT": "7", "ON": "1", "OFF": "0"}
    assert keys_of_variables(Knobs) == {"COUNT": "serverCount", "ON": "serverOn", "OFF": "serverOff"}
    assert "hunter2" not in repr(knobs)
