"""The messages after the login: docs/protocol.md, section 5."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import cbor
import channel
import limits
from login import Session
from shape import Shape, entry, list_of, text, whole

CALL, VALUE, FAULT, CANCEL, PING, PONG, GOAWAY = 16, 17, 18, 19, 26, 27, 28
TARGET = 0


@dataclass(frozen=True)
class Value:
    """The answer to a call."""

    id: int
    value: cbor.Value


@dataclass(frozen=True)
class Fault:
    """The answer that says why not."""

    id: int
    code: str
    fault: cbor.Value


@dataclass(frozen=True)
class Pong:
    """The answer to a ping."""

    number: int


@dataclass(frozen=True)
class Goaway:
    """The daemon takes no new calls."""

    reason: str


Answer = Value | Fault | Pong | Goaway


class InvalidArgument(Exception):
    """The call was not sent, since its receiver would have ended the connection."""


@dataclass
class Batch:
    """Messages that are sent in one write, and the answers that they ask for."""

    messages: list[bytes] = field(default_factory=list)
    calls: set[int] = field(default_factory=set)
    pings: set[int] = field(default_factory=set)


class Calls:
    """The calls of one connection. An id is never used again."""

    def __init__(self, connected: channel.Channel, session: Session) -> None:
        self._channel = connected
        self._frame_bytes = session.frame_bytes
        self._last_id = 0

    def call(
        self,
        batch: Batch,
        method: cbor.Value,
        positional: cbor.Value,
        named: cbor.Value,
        options: cbor.Value,
    ) -> None:
        """Adds a call to the batch, or raises InvalidArgument where it would cost too much."""
        call_id = self._last_id + 1
        message: list[cbor.Value] = [CALL, call_id, TARGET, method, positional, named, options]
        try:
            batch.messages.append(cbor.encode_message(message, limits.CALL))
        except cbor.TooCostly as error:
            raise InvalidArgument(f"invalid_argument: the call has {error}") from error
        self._last_id = call_id
        batch.calls.add(call_id)

    def exchange(self, batch: Batch) -> Iterator[Answer]:
        """Sends the batch, and gives each answer as it comes, until all are there."""
        self._channel.send(*batch.messages)
        while batch.calls or batch.pings:
            answer = self._read(self._receive())
            if answer is not None and self._is_awaited(answer, batch):
                yield answer

    def catalogue_digest(self) -> bytes:
        """Computes the digest of docs/protocol.md, section 4, out of the pages of the catalogue."""
        digest = hashlib.sha256()
        after: cbor.Value = ""
        while after is not None:
            batch = Batch()
            self.call(batch, "rpcd.catalogue", [after], {}, {})
            (answer,) = self.exchange(batch)
            if not isinstance(answer, Value):
                raise Shape("a page of the catalogue was expected")
            for method in list_of(entry(answer.value, "methods")):
                digest.update(cbor.encode(method))
            after = entry(answer.value, "next")
        return digest.digest()

    def _is_awaited(self, answer: Answer, batch: Batch) -> bool:
        """Whether somebody waits for the answer, who then has it. One that comes late is ignored."""
        if isinstance(answer, Goaway):
            return True
        if isinstance(answer, Pong):
            return _taken(batch.pings, answer.number)
        if answer.id > self._last_id:
            raise Shape(f"an answer to call {answer.id}, which was never made")
        return _taken(batch.calls, answer.id)

    def _receive(self) -> list[cbor.Value]:
        body = self._channel.receive(self._frame_bytes)
        return list_of(cbor.decode(body, limits.AFTER_WELCOME))

    def _read(self, message: list[cbor.Value]) -> Answer | None:
        match message:
            case [kind, call_id, value] if kind == VALUE:
                return Value(whole(call_id), value)
            case [kind, call_id, fault] if kind == FAULT:
                return Fault(whole(call_id), text(entry(fault, "code")), fault)
            case [kind, number] if kind == PONG:
                return Pong(whole(number))
            case [kind, reason] if kind == GOAWAY:
                return Goaway(text(reason))
            case [kind, number] if kind == PING:
                self._channel.send(cbor.encode([PONG, whole(number)]))
                return None
            case _:
                raise Shape("a message that does not belong here")


def _taken(awaited: set[int], number: int) -> bool:
    if number not in awaited:
        return False
    awaited.remove(number)
    return True
