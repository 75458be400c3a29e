"""The bounds of docs/protocol.md, section 8, on one item."""

from __future__ import annotations

from dataclasses import dataclass, replace

KIB = 1_024
MIB = 1_024 * KIB


@dataclass(frozen=True)
class Limits:
    """What one item may hold, and what it may cost in bytes."""

    depth: int
    items: int
    entries: int
    key_bytes: int
    cost: int
    # how many arrays and maps may be around a reference; nowhere where nothing is said
    reference_depth: int = -1


BEFORE_WELCOME = Limits(depth=8, items=64, entries=32, key_bytes=64, cost=64 * KIB)
AFTER_WELCOME = Limits(depth=32, items=10_000, entries=1_024, key_bytes=128, cost=8 * MIB)
CALL = replace(AFTER_WELCOME, reference_depth=2)
VALUE = replace(AFTER_WELCOME, reference_depth=1)
