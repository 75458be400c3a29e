"""Reads what was decoded field by field: nothing of a message is known before."""

from __future__ import annotations

import cbor


class Shape(Exception):
    """A message is not of the form that docs/protocol.md gives it."""


def entry(value: cbor.Value, name: str, absent: cbor.Value = None) -> cbor.Value:
    """What a map holds under `name`."""
    if not isinstance(value, dict):
        raise Shape(f"a map with {name} was expected")
    return value.get(name, absent)


def closed(value: cbor.Value, names: frozenset[str]) -> None:
    """A map with no other keys than these."""
    if not isinstance(value, dict) or not value.keys() <= names:
        raise Shape(f"a map with no other keys than {', '.join(sorted(names))} was expected")


def list_of(value: cbor.Value) -> list[cbor.Value]:
    """An array."""
    if not isinstance(value, list):
        raise Shape("an array was expected")
    return value


def text(value: cbor.Value) -> str:
    """A text."""
    if not isinstance(value, str):
        raise Shape("a text was expected")
    return value


def octets(value: cbor.Value, length: int | None = None) -> bytes:
    """A byte string, of exactly `length` bytes where that is given."""
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        raise Shape(f"{length or 'any number of'} bytes were expected")
    return value


def whole(value: cbor.Value) -> int:
    """A whole number from 0: 2.0 is 2, and a bool is none, though Python counts it as one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value >= 0 and value == int(value) and value <= cbor.MAX_INTEGER:
            return int(value)
    raise Shape("a whole number from 0 was expected")
