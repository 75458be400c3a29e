"""The CBOR profile of docs/protocol.md, section 3: what it names, and nothing else."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Union

import cost
from cost import Cost
from limits import Limits

MAX_INTEGER = 2**53 - 1
MAX_TIME = 8_640_000_000_000
FORBIDDEN_KEYS = frozenset(
    """__proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ constructor
    hasOwnProperty isPrototypeOf propertyIsEnumerable prototype then toJSON toLocaleString toString
    valueOf""".split()
)
BYTE_ORDER_MARK = "\ufeff"

# The major types of RFC 8949, section 3.1.
UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)


class Refused(Exception):
    """The bytes or the value lie outside the profile."""


class TooCostly(Refused):
    """The item costs more than its limit."""


@dataclass(frozen=True)
class Time:
    """Seconds since 1970-01-01T00:00:00Z: tag 1."""

    seconds: int | float


@dataclass(frozen=True)
class Reference:
    """Something that is passed by reference: one of the four tags, and its number."""

    tag: int
    number: int


REFERENCE_TAGS = range(40_000, 40_004)

Value = Union[None, bool, int, float, str, bytes, Time, Reference, "list[Value]", "dict[str, Value]"]


def encode(value: Value) -> bytes:
    """Writes a value in sorted form, whose keys are sorted and whose floats have eight bytes."""
    # bool before int: in Python a bool is one.
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _encode_integer(value)
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, bytes):
        return _head(BYTES, len(value)) + value
    if isinstance(value, Time):
        return _encode_time(value)
    if isinstance(value, Reference):
        return _head(TAG, value.tag) + _head(UNSIGNED, value.number)
    if isinstance(value, list):
        return _head(ARRAY, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        return _encode_map(value)
    raise Refused(f"{type(value).__name__}: not a type of the profile")


def encode_message(value: Value, limits: Limits) -> bytes:
    """Writes a message that is to be sent, and raises Refused where its receiver would refuse it.

    What it costs depends on the order of keys on the wire, so it is counted on the bytes.
    """
    data = encode(value)
    decode(data, limits)
    return data


def decode(data: bytes, limits: Limits) -> Value:
    """Reads exactly one item."""
    return decode_with_cost(data, limits)[0]


def decode_with_cost(data: bytes, limits: Limits) -> tuple[Value, int]:
    """Reads exactly one item, and says what it costs."""
    reader = _Reader(data, limits)
    value = reader.item(depth=0)
    if reader.at != len(data):
        raise Refused(f"{len(data) - reader.at} bytes behind the item")
    if reader.cost.total > limits.cost:
        raise TooCostly(f"a cost of {reader.cost.total} bytes, at most {limits.cost}")
    return value, reader.cost.total


def _head(major: int, argument: int) -> bytes:
    """The preferred head: RFC 8949, section 4.1."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if argument < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | info]) + struct.pack(form, argument)
    raise Refused(f"{argument}: too long for a head")


def _encode_integer(value: int) -> bytes:
    if abs(value) > MAX_INTEGER:
        raise Refused(f"{value}: an integer beyond 2^53-1")
    return _head(UNSIGNED, value) if value >= 0 else _head(NEGATIVE, -1 - value)


def _encode_float(value: float) -> bytes:
    if not math.isfinite(value):
        raise Refused(f"{value}: not finite")
    if value.is_integer() and abs(value) <= MAX_INTEGER:
        return _encode_integer(int(value))
    return b"\xfb" + struct.pack(">d", value)


def _encode_text(value: str) -> bytes:
    if value.startswith(BYTE_ORDER_MARK):
        raise Refused("a text with a byte order mark in front")
    data = value.encode("utf-8")
    return _head(TEXT, len(data)) + data


def _encode_time(value: Time) -> bytes:
    if not abs(value.seconds) <= MAX_TIME:
        raise Refused(f"{value.seconds}: a time out of range")
    return _head(TAG, 1) + encode(value.seconds)


def _encode_map(value: dict[str, Value]) -> bytes:
    forbidden = FORBIDDEN_KEYS & value.keys()
    if forbidden:
        raise Refused(f"{sorted(forbidden)}: keys that no map may have")
    entries = sorted((_encode_text(key), encode(item)) for key, item in value.items())
    return _head(MAP, len(entries)) + b"".join(key + item for key, item in entries)


class _Reader:
    """One pass over the bytes. Nothing is taken on trust: a length is checked before it is used."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.at = 0
        self.cost = Cost()
        self._data = data
        self._limits = limits
        self._items = 0

    def item(self, depth: int) -> Value:
        """Reads the item that begins here, inside `depth` arrays and maps."""
        self._count()
        major, info = self._first_byte()
        if major == TAG:
            tag = self._argument(info)
            return self._reference(tag, depth) if tag in REFERENCE_TAGS else self._time(tag)
        return self._untagged(major, info, depth)

    def _untagged(self, major: int, info: int, depth: int) -> Value:
        if major in (SIMPLE, UNSIGNED, NEGATIVE):
            self.cost.add(cost.PLAIN)
            return self._plain(major, info)
        argument = self._argument(info)
        if major == BYTES:
            return self._byte_string(argument)
        if major == TEXT:
            text = self._text(argument)
            self.cost.add_text(text)
            return text
        if depth == self._limits.depth:
            raise Refused(f"deeper than {depth}")
        if major == ARRAY:
            self.cost.add(cost.ARRAY)
            return [self.item(depth + 1) for _ in range(self._length(argument))]
        return self._map(argument, depth + 1)

    def _plain(self, major: int, info: int) -> None | bool | int | float:
        if major == SIMPLE:
            return self._simple_or_float(info)
        argument = self._argument(info)
        return self._integer(argument if major == UNSIGNED else -1 - argument)

    def _byte_string(self, length: int) -> bytes:
        data = self._take(length)
        self.cost.add_byte_string(data)
        return data

    def _reference(self, tag: int, depth: int) -> Reference:
        if depth > self._limits.reference_depth:
            raise Refused("a reference where only data may be")
        major, info = self._first_byte()
        number = self._argument(info)
        if major != UNSIGNED or number == 0:
            raise Refused("a reference without a number from 1")
        self.cost.add(cost.REFERENCE)
        return Reference(tag, self._integer(number))

    def _count(self) -> None:
        self._items += 1
        if self._items > self._limits.items:
            raise Refused(f"more than {self._limits.items} items")

    def _first_byte(self) -> tuple[int, int]:
        first = self._take(1)[0]
        return first >> 5, first & 0x1F

    def _argument(self, info: int) -> int:
        """The number in a head, which must be in its shortest form."""
        if info < 24:
            return info
        if info > 27:
            raise Refused("an indefinite or reserved length")
        size = 1 << info - 24
        argument = int.from_bytes(self._take(size), "big")
        shortest = 24 if size == 1 else 1 << 4 * size
        if argument < shortest:
            raise Refused(f"{argument}: written longer than it need be")
        return argument

    def _take(self, length: int) -> bytes:
        self._length(length)
        self.at += length
        return self._data[self.at - length : self.at]

    def _length(self, length: int) -> int:
        """A string has that many bytes, and each element of an array at least one."""
        if length > len(self._data) - self.at:
            raise Refused(f"a length of {length} with {len(self._data) - self.at} bytes left")
        return length

    @staticmethod
    def _integer(value: int) -> int:
        if abs(value) > MAX_INTEGER:
            raise Refused(f"{value}: an integer beyond 2^53-1")
        return value

    def _text(self, length: int) -> str:
        try:
            text = self._take(length).decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise Refused("a text that is not UTF-8") from error
        if text.startswith(BYTE_ORDER_MARK):
            raise Refused("a text with a byte order mark in front")
        return text

    def _map(self, length: int, depth: int) -> dict[str, Value]:
        if length > self._limits.entries:
            raise Refused(f"a map of {length} entries")
        found: dict[str, Value] = {}
        for _ in range(self._length(length)):
            key = self._key()
            if key in found or key in FORBIDDEN_KEYS:
                raise Refused(f"{key}: a key that is there twice, or that no map may have")
            found[key] = self.item(depth)
        self.cost.add_map(depth, list(found))
        return found

    def _key(self) -> str:
        major, info = self._first_byte()
        if major != TEXT:
            raise Refused("a key that is not text")
        length = self._argument(info)
        if length > self._limits.key_bytes:
            raise Refused(f"a key of {length} bytes")
        return self._text(length)

    def _simple_or_float(self, info: int) -> None | bool | float:
        if info in (20, 21):
            return info == 21
        if info == 22:
            return None
        if info not in (25, 26, 27):
            raise Refused(f"simple value {info}")
        form = {25: ">e", 26: ">f", 27: ">d"}[info]
        (value,) = struct.unpack(form, self._take(struct.calcsize(form)))
        if not math.isfinite(value):
            raise Refused("a float that is not finite")
        return value + 0.0  # -0 means 0

    def _time(self, tag: int) -> Time:
        if tag != 1:
            raise Refused(f"tag {tag}")
        major, info = self._first_byte()
        if major not in (UNSIGNED, NEGATIVE, SIMPLE):
            raise Refused("a time that is not a number")
        seconds = self._plain(major, info)
        if seconds is None or isinstance(seconds, bool):
            raise Refused("a time that is not a number")
        if abs(seconds) > MAX_TIME:
            raise Refused(f"{seconds}: a time out of range")
        self.cost.add(cost.TIME)
        return Time(seconds)
