"""Property values as Pulumi sends them over gRPC, and as this package handles them.

Numbers that are whole become `int`, secrets become `Secret`, values that are not known before an update become
`UNKNOWN`, and assets, archives and references stay `Opaque`. The signatures are those of Pulumi's wire format
(sdk/go/common/resource/plugin/rpc.go and sdk/python/lib/pulumi/runtime/rpc.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (the wire format's mark of a secret, not one)

UNKNOWN_TEXTS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties = dict[str, Any]
"""Property values by their names on the wire (camelCase)."""


@dataclass(frozen=True)
class Unknown:
    """A value that Pulumi will know only once something else has been created."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must stay encrypted in the state and must not be shown."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True)
class Opaque:
    """An asset, archive or reference: passed through, never looked into."""

    fields: Mapping[str, Any]


def decode(message: struct_pb2.Struct) -> Properties:
    """Return the properties of a message; keys whose value is null are left out, as if never set."""
    decoded = {key: _decode(value) for key, value in message.fields.items()}
    return {key: value for key, value in decoded.items() if value is not None}


def _decode(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWN_TEXTS else value.string_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_object(value.struct_value)
        case _:
            return None


def _decode_object(message: struct_pb2.Struct) -> Any:
    fields = message.fields
    if SIGNATURE not in fields:
        return decode(message)
    if fields[SIGNATURE].string_value == SECRET:
        return Secret(_decode(fields["value"]))
    return Opaque({key: _decode(value) for key, value in fields.items()})


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the message for `properties`."""
    return struct_pb2.Struct(fields={key: _encode(value) for key, value in properties.items()})


def _encode(value: Any) -> struct_pb2.Value:
    match value:
        case Unknown():
            return struct_pb2.Value(string_value=UNKNOWN_TEXT)
        case Secret(inner):
            wrapped = {SIGNATURE: struct_pb2.Value(string_value=SECRET), "value": _encode(inner)}
            return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=wrapped))
        case Opaque(fields):
            return struct_pb2.Value(struct_value=encode(fields))
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Mapping():
            return struct_pb2.Value(struct_value=encode(value))
        case list() | tuple():
            items = [_encode(item) for item in value]
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
        case _:
            raise TypeError(f"a property value cannot be a {type(value).__name__}")


def plain(value: Any) -> Any:
    """Return `value` with every secret unwrapped."""
    match value:
        case Secret(inner):
            return plain(inner)
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def holds_secret(value: Any) -> bool:
    """Say whether `value` is a secret or contains one anywhere."""
    match value:
        case dict():
            return any(map(holds_secret, value.values()))
        case list():
            return any(map(holds_secret, value))
        case _:
            return isinstance(value, Secret)
