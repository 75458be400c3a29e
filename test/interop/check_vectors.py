"""Reads the files of test/vectors/ as the client in Python reads a connection.

    check_vectors.py FOLDER

It prints how many vectors of each kind it has looked at, as JSON. What it finds wrong it says on
standard error, and ends with exit code 1.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import cbor
import limits
import sshsig
from login import Transcript

LIMITS = {"before": limits.BEFORE_WELCOME, "after": limits.AFTER_WELCOME}
LOGINS = ("login-unix.json", "login-tls.json", "login-tls-host-keys.json")
HEADER_BYTES = 4

Vector = dict[str, Any]


class Wrong(Exception):
    """A vector that this client does not agree with."""


def main(folder: str) -> int:
    """Checks all files and returns the exit code."""
    counts: Counter[str] = Counter()
    try:
        for name in LOGINS:
            _check_login(_load(folder, name))
            counts["logins"] += 1
        _check_messages(_load(folder, "messages.json"), counts)
    except (Wrong, cbor.Refused, sshsig.BadSignature) as error:
        print(f"check_vectors.py: {error}", file=sys.stderr)
        return 1
    print(json.dumps(counts))
    return 0


def _load(folder: str, name: str) -> Vector:
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def _check_login(vector: Vector) -> None:
    transcript = Transcript(vector["word"].encode("ascii"), bytes.fromhex(vector["binding"]))
    _same("T0", transcript.value.hex(), vector["T0"])
    signers = {"host": vector["host"], "login": vector["client"]}
    for step in vector["steps"]:
        _check_sorted(step)
        transcript.add(bytes.fromhex(step["body"]))
        _same("T_body", transcript.value.hex(), step["T_body"])
        if step["message"] in signers:
            _check_signature(transcript, signers[step["message"]]["key"], step)
            transcript.add(bytes.fromhex(step["signature"]))
            _same("T_signature", transcript.value.hex(), step["T_signature"])
    for proof in vector["host_keys"]:
        _check_signature(transcript, proof["key"], proof)
    _check_sorted(vector["welcome"])


def _check_signature(transcript: Transcript, key: str, signed: Vector) -> None:
    signature = bytes.fromhex(signed["signature"])
    sshsig.verify(transcript.value, signed["namespace"], bytes.fromhex(key), signature)


def _check_sorted(message: Vector) -> None:
    body = bytes.fromhex(message["body"])
    _same("the sorted form", cbor.encode(cbor.decode(body, limits.AFTER_WELCOME)).hex(), message["body"])


def _check_messages(vectors: Vector, counts: Counter[str]) -> None:
    bodies = {}
    for vector in vectors["messages"]:
        bodies[vector["name"]] = value = _decode(vector, "after")
        _check_cost(vector, "after")
        if "json" in vector:
            _same(vector["name"], value, vector["json"])
        _same(vector["name"], cbor.decode(cbor.encode(value), _limits(vector, "after")), value)
        header = len(vector["body"]) // 2
        _same(vector["name"], vector["frame"], header.to_bytes(HEADER_BYTES, "big").hex() + vector["body"])
        counts["messages"] += 1
    for vector in vectors["other_forms"]:
        _same(vector["name"], _decode(vector, "after"), bodies[vector["same_as"]])
        counts["other_forms"] += 1
    for vector in vectors["at_limits"]:
        _check_at_limit(vector)
        counts["at_limits"] += 1
    for vector in vectors["refused"]:
        _check_refused(vector)
        counts[f"refused_{vector['violates']}"] += 1


def _check_cost(vector: Vector, when: str) -> None:
    """The cost that this client counts is the vector's, and a limit below it refuses the message."""
    body, bounds = bytes.fromhex(vector["body"]), _limits(vector, when)
    _, cost = cbor.decode_with_cost(body, bounds)
    _same("the cost", cost, vector["cost"])
    try:
        cbor.decode(body, replace(bounds, cost=cost - 1))
    except cbor.TooCostly:
        return
    raise Wrong(f"{vector['body']} was accepted beyond the limit of its cost")


def _check_at_limit(vector: Vector) -> None:
    """A message at the limit; before welcome it is the map in its body that is."""
    _check_cost(vector, vector["when"])
    if vector["when"] == "before":
        message = _decode(vector, "before")
        body = message[1] if isinstance(message, list) and isinstance(message[1], bytes) else b""
        _check_cost({"body": body.hex(), "cost": vector["body_cost"]}, "before")


def _check_refused(vector: Vector) -> None:
    """What is not of the profile is refused here; the rest is CBOR, and refused by its shape."""
    try:
        _decode(vector, vector["when"])
    except cbor.Refused as error:
        if vector["violates"] != "profile":
            raise Wrong(f"{vector['rule']}: refused, {error}") from error
        return
    if vector["violates"] == "profile":
        raise Wrong(f"{vector['rule']}: {vector['body']} was accepted")


def _decode(vector: Vector, when: str) -> cbor.Value:
    return cbor.decode(bytes.fromhex(vector["body"]), _limits(vector, when))


def _limits(vector: Vector, when: str) -> limits.Limits:
    """Where references may be is told by the kind of the message, behind the head of its array."""
    by_kind = {"10": limits.CALL, "11": limits.VALUE} if when == "after" else {}
    return by_kind.get(vector["body"][2:4], LIMITS[when])


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise Wrong(f"{what}: {found} is not {expected}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
