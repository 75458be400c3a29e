"""The cost of one item, as docs/protocol.md, section 3, defines it."""

from __future__ import annotations

# The columns of the table, in bytes.
PLAIN, TEXT, BYTE_STRING, TIME, REFERENCE, ARRAY, MAP = 24, 48, 320, 128, 1_024, 64, 96
KNOWN_ENTRY, NEW_ENTRY = 24, 320
INDEXES, INDEX = 192, 12

KNOWN_LAYOUT_MAX_ENTRIES = 16
INDEX_MAX = 4_294_967_294
COUNTED_INDEX_MAX = 3_400


class Cost:
    """Adds up what the items and keys of one item cost, in the order in which they are read."""

    def __init__(self) -> None:
        self.total = 0
        # The keys of the map that ended last, by its depth and its number of entries.
        self._last_keys: dict[tuple[int, int], list[str]] = {}

    def add(self, item: int) -> None:
        """An item whose cost does not depend on what is in it."""
        self.total += item

    def add_text(self, text: str) -> None:
        """A text that is no key."""
        self.total += TEXT + _text_bytes(text)

    def add_byte_string(self, data: bytes) -> None:
        """A byte string."""
        self.total += BYTE_STRING + len(data)

    def add_map(self, depth: int, keys: list[str]) -> None:
        """A map that ends here, and its keys. It counts in its own depth."""
        known = len(keys) <= KNOWN_LAYOUT_MAX_ENTRIES and keys == self._last_keys.get((depth, len(keys)))
        self._last_keys[depth, len(keys)] = keys
        self.total += MAP
        for key in keys:
            self.total += KNOWN_ENTRY + len(key.encode()) if known else NEW_ENTRY + _text_bytes(key)
        indexes = [int(key) for key in keys if _is_index(key)]
        if indexes:
            counted = [index for index in indexes if index <= COUNTED_INDEX_MAX]
            self.total += INDEXES + INDEX * max(counted, default=0)


def _text_bytes(text: str) -> int:
    """The bytes of a text, twice if any of them is beyond ASCII."""
    return len(text) if text.isascii() else 2 * len(text.encode())


def _is_index(key: str) -> bool:
    """A whole number in the digits 0 to 9, without a leading zero."""
    digits = key.isascii() and key.isdigit()
    return digits and (key == "0" or key[0] != "0") and int(key) <= INDEX_MAX
