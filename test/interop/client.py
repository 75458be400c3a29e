"""A client of rpcd, written from docs/protocol.md and docs/protocol.cddl alone.

It shows that the two pages are enough to write one, and that `ssh-keygen` checks what the daemon
signs. It needs Python 3.10 with its standard library, and `ssh-keygen`. It speaks `unix:` only: the
ssl module of Python gives no exporter, to which a login over TLS is bound.

Standard input has one JSON object in each line, and all of them are sent at once:

    {"call": METHOD, "positional": […], "named": {…}, "options": {…}}     calls count from id 1
    {"cancel": ID, "reason": TEXT}
    {"ping": NUMBER}

Standard output has one JSON object in each line: first the session, then each answer as it comes.
What JSON has no form for is written {"$bytes": HEX} and {"$time": SECONDS}.

Exit codes: 0 every call was answered; 1 anything else went wrong; 3 the login was refused; 4 the host
is not the pinned one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

import cbor
import channel
import limits
import sshsig
from calls import CANCEL, PING, Batch, Calls, InvalidArgument
from login import Identity, LoginRefused, NotTheHost, log_in
from shape import Shape, entry, whole

FAILED, REFUSED, NOT_THE_HOST = 1, 3, 4


def main() -> int:
    """Runs the command line and returns the exit code."""
    options = _options()
    try:
        _talk(options)
    except LoginRefused as error:
        return _fail(REFUSED, error)
    except NotTheHost as error:
        return _fail(NOT_THE_HOST, error)
    except (channel.Untrusted, channel.Lost, cbor.Refused, InvalidArgument, Shape) as error:
        return _fail(FAILED, error)
    # A file that is not there, ssh-keygen that is not there, a line that is no JSON or no key.
    except (OSError, ValueError, sshsig.BadSignature) as error:
        return _fail(FAILED, error)
    except subprocess.CalledProcessError as error:
        return _fail(FAILED, error.stderr.decode().strip())
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Logs in over unix:PATH and makes the calls of standard input."
    )
    parser.add_argument("path", help="the daemon's socket")
    parser.add_argument("--key", required=True, help="the private key file; FILE.pub lies beside it")
    parser.add_argument("--host-key", required=True, help="the pinned key: a line 'ssh-ed25519 AAAA…'")
    parser.add_argument("--owner", default="rpcd", help="who may own the socket beside root and oneself")
    parser.add_argument("--digest", action="store_true", help="compute the catalogue's digest, last")
    parser.add_argument("--timeout-s", type=float, default=30, help="how long to wait for a message")
    return parser.parse_args()


def _talk(options: argparse.Namespace) -> None:
    requests = [_from_json(json.loads(line)) for line in sys.stdin]
    identity = _identity(options)
    connected = channel.connect(options.path, options.owner, options.timeout_s)
    try:
        session = log_in(connected, identity)
        _print_line(vars(session))
        calls = Calls(connected, session)
        for answer in calls.exchange(_batch(requests, calls)):
            _print_line(vars(answer))
        if options.digest:
            _print_line({"computed_digest": calls.catalogue_digest()})
    finally:
        connected.close()


def _identity(options: argparse.Namespace) -> Identity:
    with open(f"{options.key}.pub", encoding="utf-8") as file:
        key = sshsig.public_key(file.read())
    return Identity(key=key, key_file=options.key, pinned=sshsig.public_key(options.host_key))


def _batch(requests: list[cbor.Value], calls: Calls) -> Batch:
    batch = Batch()
    for request in requests:
        _add(request, batch, calls)
    return batch


def _add(request: cbor.Value, batch: Batch, calls: Calls) -> None:
    match request:
        case {"call": method}:
            positional, named = entry(request, "positional", []), entry(request, "named", {})
            calls.call(batch, method, positional, named, entry(request, "options", {}))
        case {"cancel": call_id, "reason": reason}:
            _add_message(batch, [CANCEL, call_id, reason])
        case {"ping": number}:
            batch.pings.add(whole(number))
            _add_message(batch, [PING, number])
        case _:
            raise Shape("a call, a cancel or a ping was expected")


def _add_message(batch: Batch, message: list[cbor.Value]) -> None:
    batch.messages.append(cbor.encode_message(message, limits.AFTER_WELCOME))


def _print_line(value: object) -> None:
    print(json.dumps(_to_json(value), ensure_ascii=False), flush=True)


def _to_json(value: object) -> object:
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, cbor.Time):
        return {"$time": value.seconds}
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    return value


def _from_json(value: object) -> cbor.Value:
    match value:
        case {"$bytes": str(digits), **rest} if not rest:
            return bytes.fromhex(digits)
        case {"$time": (int() | float()) as seconds, **rest} if not rest:
            return cbor.Time(seconds)
        case dict():
            return {str(key): _from_json(item) for key, item in value.items()}
        case list():
            return [_from_json(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            raise Shape(f"{type(value).__name__}: not of JSON")


def _fail(exit_code: int, error: object) -> int:
    print(f"client.py: {error}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
