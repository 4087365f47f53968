"""Property values on the wire and in the stand-ins."""

from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime import rpc

from sandbox.providers.values import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXTS,
    Opaque,
    Secret,
    decode,
    encode,
    holds_secret,
    plain,
)


def wire(**properties: Any) -> struct_pb2.Struct:
    """Return a message with these JSON values."""
    return json_format.ParseDict(properties, struct_pb2.Struct())


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (1.0, 1),
        (0.5, 0.5),
        ("text", "text"),
        (True, True),
        ([1.0, ["x"]], [1, ["x"]]),
        ({"a": {"b": 2.0}}, {"a": {"b": 2}}),
        (rpc.UNKNOWN, UNKNOWN),
        ({SIGNATURE: SECRET, "value": "s"}, Secret("s")),
        ({SIGNATURE: SECRET, "value": {"a": [1.0]}}, Secret({"a": [1]})),
        ({SIGNATURE: "an asset's", "text": "t"}, Opaque({SIGNATURE: "an asset's", "text": "t"})),
    ],
)
def test_a_value_is_read_from_the_wire_and_written_back_as_it_came(sent: Any, value: Any) -> None:
    decoded = decode(wire(it=sent))
    assert decoded == {"it": value}
    assert type(decoded["it"]) is type(value)
    assert encode(decoded) == wire(it=sent)


def test_the_marks_are_those_of_the_sdk() -> None:
    assert rpc._special_sig_key == SIGNATURE
    assert rpc._special_secret_sig == SECRET
    assert rpc.UNKNOWN in UNKNOWN_TEXTS


def test_a_null_is_as_if_never_set() -> None:
    assert decode(wire(a=None, b={"c": None})) == {"b": {}}


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.builds(Secret, inner),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_what_is_encoded_is_decoded_to_the_same(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties


def test_what_the_wire_has_no_form_for_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be a set"):
        encode({"a": {1}})


def test_secrets_are_found_at_any_depth_and_taken_out() -> None:
    value = {"a": [{"b": Secret({"c": ["x", UNKNOWN, "long x"]})}], "d": "open"}
    assert holds_secret(value)
    assert not holds_secret(plain(value))
    assert plain(value) == {"a": [{"b": {"c": ["x", UNKNOWN, "long x"]}}], "d": "open"}
    assert "open" not in repr(Secret("open"))
