"""The login, as the client sees it: docs/protocol.md, section 4."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass

import cbor
import channel
import limits
import sshsig
from shape import Shape, closed, entry, list_of, octets, text, whole

HELLO, HOST, LOGIN, WELCOME, REFUSED = 1, 2, 3, 4, 5
VERSION = 1
NONCE_BYTES = 32
MAX_FRAME_BYTES = 4 * 1024
MAX_WELCOME_BYTES = 1024 * 1024
MAX_HOST_KEYS = 3
# The keys of the body of host: no others, lest one mean what this side would have to know.
HOST_KEYS = frozenset(("version", "nonce", "key"))


class NotTheHost(Exception):
    """The other end did not show that it is the pinned daemon."""


class LoginRefused(Exception):
    """The daemon does not let this key in. It gives no reason."""


@dataclass(frozen=True)
class Identity:
    """Who logs in, and to whom."""

    key: bytes
    key_file: str
    pinned: bytes


@dataclass(frozen=True)
class Session:
    """What `welcome` says, its host keys verified."""

    principal: str
    roles: list[str]
    connection: str
    digest: bytes
    frame_bytes: int
    host_keys: list[bytes]


class Transcript:
    """T: both ends hash what was said, in its order."""

    def __init__(self, word: bytes, binding: bytes) -> None:
        self.value = hashlib.sha512(b"rpcd/1" + word + binding).digest()

    def add(self, data: bytes) -> None:
        """T = SHA-512(T | length | bytes)."""
        self.value = hashlib.sha512(self.value + struct.pack(">I", len(data)) + data).digest()


def log_in(connected: channel.Channel, identity: Identity) -> Session:
    """Logs in, and tells nothing of itself before the host has shown who it is."""
    transcript = Transcript(channel.WORD, connected.binding)
    _send_hello(connected, transcript)
    _check_host(_receive(connected, MAX_FRAME_BYTES), transcript, identity.pinned)
    _send_login(connected, transcript, identity)
    return _read_welcome(_receive(connected, MAX_WELCOME_BYTES), transcript, identity.pinned)


def _receive(connected: channel.Channel, max_bytes: int) -> list[cbor.Value]:
    message = cbor.decode(connected.receive(max_bytes), limits.BEFORE_WELCOME)
    if not isinstance(message, list) or not message:
        raise Shape("a message is an array with its kind in front")
    return message


def _send_hello(connected: channel.Channel, transcript: Transcript) -> None:
    body = cbor.encode({"versions": [VERSION], "nonce": os.urandom(NONCE_BYTES)})
    transcript.add(body)
    connected.send(cbor.encode([HELLO, body]))


def _check_host(message: list[cbor.Value], transcript: Transcript, pinned: bytes) -> None:
    if message[0] != HOST or len(message) != 3:
        raise Shape("host was expected")
    body, signature = octets(message[1]), octets(message[2], 64)
    fields = cbor.decode(body, limits.BEFORE_WELCOME)
    closed(fields, HOST_KEYS)
    octets(entry(fields, "nonce"), NONCE_BYTES)
    if whole(entry(fields, "version")) != VERSION:
        raise NotTheHost("the daemon speaks another version")
    if octets(entry(fields, "key"), 32) != pinned:
        raise NotTheHost("the host key is not the pinned one")
    transcript.add(body)
    _verify(transcript, "host.v1@rpcd", pinned, signature)
    transcript.add(signature)


def _send_login(connected: channel.Channel, transcript: Transcript, identity: Identity) -> None:
    body = cbor.encode({"key": identity.key})
    transcript.add(body)
    signature = sshsig.sign(transcript.value, "login.v1@rpcd", identity.key_file)
    transcript.add(signature)
    connected.send(cbor.encode([LOGIN, body, signature]))


def _read_welcome(message: list[cbor.Value], transcript: Transcript, pinned: bytes) -> Session:
    if message == [REFUSED]:
        raise LoginRefused("the daemon refused the login")
    if message[0] != WELCOME or len(message) != 2:
        raise Shape("welcome or refused was expected")
    fields = cbor.decode(octets(message[1]), limits.AFTER_WELCOME)
    return Session(
        principal=text(entry(fields, "principal")),
        roles=[text(role) for role in list_of(entry(fields, "roles"))],
        connection=text(entry(fields, "connection")),
        digest=octets(entry(fields, "digest"), 32),
        frame_bytes=whole(entry(entry(fields, "limits"), "frame_bytes")),
        host_keys=[pinned, *_other_host_keys(fields, transcript)],
    )


def _other_host_keys(welcome: cbor.Value, transcript: Transcript) -> list[bytes]:
    """The daemon's other keys, each of which must have signed this very login."""
    entries = list_of(entry(welcome, "host_keys", absent=[]))
    if len(entries) > MAX_HOST_KEYS:
        raise Shape(f"at most {MAX_HOST_KEYS} host keys were expected")
    found: list[bytes] = []
    for pair in map(list_of, entries):
        if len(pair) != 2:
            raise Shape("[key, signature] was expected")
        key = octets(pair[0], 32)
        _verify(transcript, "hostkey.v1@rpcd", key, octets(pair[1], 64))
        found.append(key)
    return found


def _verify(transcript: Transcript, namespace: str, key: bytes, signature: bytes) -> None:
    try:
        sshsig.verify(transcript.value, namespace, key, signature)
    except sshsig.BadSignature as error:
        raise NotTheHost(str(error)) from error
