"""A plain Unix socket, its binding, and the frames on it: docs/protocol.md, sections 1 and 2."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import struct
from collections import deque

MAX_PATH_BYTES = 107
MAX_LINKS = 40
WORD = b"unix"
WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Untrusted(Exception):
    """Somebody else may stand at this path."""


class Lost(Exception):
    """The connection ended, or what came on it is no frame."""


class Channel:
    """Frames over one connected socket."""

    def __init__(self, connected: socket.socket, binding: bytes) -> None:
        self.binding = binding
        self._socket = connected

    def send(self, *bodies: bytes) -> None:
        """Sends frames, all in one write."""
        self._socket.sendall(b"".join(struct.pack(">I", len(body)) + body for body in bodies))

    def receive(self, max_bytes: int) -> bytes:
        """Waits for the next frame, whose length is checked before its body is read."""
        (length,) = struct.unpack(">I", self._exactly(4))
        if not 1 <= length <= max_bytes:
            raise Lost(f"a frame of {length} bytes, 1 to {max_bytes} accepted")
        return self._exactly(length)

    def close(self) -> None:
        """Hangs up, without a word."""
        self._socket.close()

    def _exactly(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0:
            part = self._socket.recv(length)
            if not part:
                raise Lost("the daemon closed the connection")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


def connect(path: str, owner: str, timeout_s: float) -> Channel:
    """Connects to `unix:path`, whose socket and folders must be root's, one's own or `owner`'s."""
    owners = _trusted_owners(owner)
    before = _trusted_binding(path, owners)
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(timeout_s)
    try:
        connected.connect(path)
        if _trusted_binding(path, owners) != before:
            raise Untrusted(f"{path}: another socket than before")
    except BaseException:
        connected.close()
        raise
    return Channel(connected, before)


def _trusted_owners(owner: str) -> frozenset[int]:
    try:
        return frozenset((0, os.geteuid(), pwd.getpwnam(owner).pw_uid))
    except KeyError:
        return frozenset((0, os.geteuid()))


def _trusted_binding(path: str, owners: frozenset[int]) -> bytes:
    if not os.path.isabs(path) or len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise Untrusted(f"{path}: not absolute, or longer than {MAX_PATH_BYTES} bytes")
    found = os.lstat(path)
    if not stat.S_ISSOCK(found.st_mode):
        raise Untrusted(f"{path}: not a socket")
    _check_owner(path, found, owners)
    _check_folders(path, owners)
    return struct.pack(">QQ", found.st_dev, found.st_ino)


def _check_folders(path: str, owners: frozenset[int]) -> None:
    """Looks at the folders as the kernel goes through them: a link on the way leads through others."""
    folder, links = "/", 0
    _check_folder(folder, os.lstat(folder), owners)
    left = deque(_names(path)[:-1])
    while left:
        entry = os.path.join(folder, left.popleft())
        if os.path.basename(entry) == "..":
            folder = os.path.dirname(folder)
            continue
        found = os.lstat(entry)
        if not stat.S_ISLNK(found.st_mode):
            _check_folder(entry, found, owners)
            folder = entry
            continue
        _check_owner(entry, found, owners)
        links += 1
        if links > MAX_LINKS:
            raise Untrusted(f"{path}: more than {MAX_LINKS} links")
        target = os.readlink(entry)
        folder = "/" if os.path.isabs(target) else folder
        left.extendleft(reversed(_names(target)))


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _check_folder(path: str, found: os.stat_result, owners: frozenset[int]) -> None:
    _check_owner(path, found, owners)
    # Others may add to a sticky folder, and not take away.
    of_root_and_sticky = found.st_uid == 0 and found.st_mode & stat.S_ISVTX
    if found.st_mode & WRITABLE_BY_OTHERS and not of_root_and_sticky:
        raise Untrusted(f"{path}: others than its owner may write there")


def _check_owner(path: str, found: os.stat_result, owners: frozenset[int]) -> None:
    if found.st_uid not in owners:
        raise Untrusted(f"{path}: belongs to user {found.st_uid}")
