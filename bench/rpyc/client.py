"""The client of server.py: python3 client.py SOCKET-PATH LINE PIECE-BYTES.

It exists only to be compared with. Jobs come as JSON lines on standard input (bench/jobs.ts); the work is that of
bench/rpcd/live.ts.
"""

import io
import json
import sys
from time import perf_counter

import rpyc

PATH, LINE, PIECE = sys.argv[1], sys.argv[2], int(sys.argv[3])


def expect(found, expected):
    if found != expected:
        raise ValueError(f"a wrong answer: {found} instead of {expected}")


class Lines:
    """An open file of so many lines, whose bytes cost nothing to make."""

    def __init__(self, count):
        self.left = count

    def __iter__(self):
        return self

    def __next__(self):
        if self.left == 0:
            raise StopIteration
        self.left -= 1
        return LINE


def run(connection, job):
    count = job["count"]
    heard = 0

    def function(_value):
        nonlocal heard
        heard += 1

    started_at = perf_counter()
    if job["workload"] == "G":
        expect(connection.root.each(function, count), count)
        expect(heard, count)
    elif job["workload"] == "L":
        expect(connection.root.count_lines(Lines(count), function), count)
        expect(heard, count)
    else:
        file = io.BytesIO(bytes(PIECE * count))
        expect(connection.root.size(file, PIECE), PIECE * count)
    return {"count": count, "seconds": perf_counter() - started_at, "serverCpuSeconds": 0}


def main():
    connection = rpyc.utils.factory.unix_connect(PATH, config={"allow_public_attrs": True, "sync_request_timeout": 120})
    for line in sys.stdin:
        try:
            answer = {"done": run(connection, json.loads(line))}
        except Exception as error:
            answer = {"failed": repr(error)[:500]}
        print(json.dumps(answer), flush=True)


main()
