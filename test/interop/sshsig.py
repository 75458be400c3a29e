"""Signatures by the program `ssh-keygen`: this client has no code for the curve.

What travels is the 64 bytes of the signature (docs/protocol.md, section 4). `ssh-keygen` reads and
writes them in an armoured blob (OpenSSH, PROTOCOL.sshsig), so they are taken out of one and put
into one here.
"""

from __future__ import annotations

import base64
import os
import struct
import subprocess
import tempfile

ARMOUR_BEGIN = "-----BEGIN SSH SIGNATURE-----"
ARMOUR_END = "-----END SSH SIGNATURE-----"
ALGORITHM = b"ssh-ed25519"

FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
# y of the points whose order divides 8, least significant byte first, the sign of x left out.
SMALL_ORDER = frozenset(
    int.from_bytes(bytes.fromhex(y), "little")
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)


class BadSignature(Exception):
    """A key or a signature that must not be believed."""


def sign(message: bytes, namespace: str, key_file: str) -> bytes:
    """Signs with the private key in `key_file` and returns the 64 bytes."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key_file]
    done = subprocess.run(command, input=message, capture_output=True, check=True)
    return _signature_of(_unarmour(done.stdout.decode("ascii")))


def verify(message: bytes, namespace: str, key: bytes, signature: bytes) -> None:
    """Raises BadSignature unless `signature` is `key`'s over `message` for `namespace`."""
    check_strictly(key, signature)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "signature")
        with open(path, "w", encoding="ascii") as file:
            file.write(_armour(_blob(key, namespace, signature)))
        command = ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", path]
        done = subprocess.run(command, input=message, capture_output=True, check=False)
    if done.returncode != 0:
        raise BadSignature(f"{namespace}: {done.stderr.decode().strip()}")


def check_strictly(key: bytes, signature: bytes) -> None:
    """What is refused before any verification (docs/protocol.md, section 4, Strictness)."""
    if len(key) != 32 or len(signature) != 64:
        raise BadSignature("a key of 32 bytes and a signature of 64 were expected")
    _check_point(key)
    _check_point(signature[:32])
    if int.from_bytes(signature[32:], "little") >= GROUP_ORDER:
        raise BadSignature("S is not below the group order")


def public_key(line: str) -> bytes:
    """The 32 bytes of a line `ssh-ed25519 AAAA… comment`."""
    words = line.split()
    if len(words) < 2 or words[0] != ALGORITHM.decode("ascii"):
        raise BadSignature("a line 'ssh-ed25519 AAAA…' was expected")
    algorithm, key = _strings(base64.b64decode(words[1], validate=True))
    if algorithm != ALGORITHM or len(key) != 32:
        raise BadSignature("not an Ed25519 key")
    return key


def _check_point(point: bytes) -> None:
    y = int.from_bytes(point, "little") & (1 << 255) - 1
    if y >= FIELD_PRIME or y in SMALL_ORDER:
        raise BadSignature("a point that is not canonical or of small order")


def _string(data: bytes) -> bytes:
    """A string of RFC 4251: four bytes of length, then the bytes."""
    return struct.pack(">I", len(data)) + data


def _strings(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    while data:
        (length,) = struct.unpack_from(">I", data)
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found


def _blob(key: bytes, namespace: str, signature: bytes) -> bytes:
    return (
        b"SSHSIG"
        + struct.pack(">I", 1)
        + _string(_string(ALGORITHM) + _string(key))
        + _string(namespace.encode("ascii"))
        + _string(b"")
        + _string(b"sha512")
        + _string(_string(ALGORITHM) + _string(signature))
    )


def _signature_of(blob: bytes) -> bytes:
    *_, hash_name, signature_blob = _strings(blob[len(b"SSHSIG") + 4 :])
    algorithm, signature = _strings(signature_blob)
    if hash_name != b"sha512" or algorithm != ALGORITHM or len(signature) != 64:
        raise BadSignature("ssh-keygen signed with another algorithm")
    return signature


def _armour(blob: bytes) -> str:
    text = base64.b64encode(blob).decode("ascii")
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join([ARMOUR_BEGIN, *lines, ARMOUR_END, ""])


def _unarmour(text: str) -> bytes:
    inside = text.partition(ARMOUR_BEGIN)[2].partition(ARMOUR_END)[0]
    return base64.b64decode("".join(inside.split()), validate=True)
