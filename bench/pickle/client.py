"""The client of server.py: python3 client.py SOCKET-PATH AUTHKEY ECHO-BYTES FLIGHT-DEPTH.

It exists only to be compared with. Jobs come as JSON lines on standard input (bench/jobs.ts); the loops are those
of bench/rpcd/client.ts.
"""

import json
import sys
from math import ceil
from multiprocessing.connection import Client
from time import perf_counter

PATH, AUTHKEY = sys.argv[1], sys.argv[2].encode()
ECHO_BYTES, FLIGHT_DEPTH = int(sys.argv[3]), int(sys.argv[4])


class Proxy:
    """Every attribute is a function of the server."""

    def __init__(self):
        self.connection = Client(PATH, family="AF_UNIX", authkey=AUTHKEY)

    def __getattr__(self, name):
        def call(*args, **kwargs):
            self.connection.send((name, args, kwargs))
            result = self.connection.recv()
            if isinstance(result, Exception):
                raise result
            return result

        return call


def expect(found, expected):
    if found != expected:
        raise ValueError(f"a wrong answer: {str(found)[:80]}")


def sequence(proxy, count, latencies):
    for i in range(count):
        sent_at = perf_counter()
        total = proxy.add(i, 7)
        latencies[i] = (perf_counter() - sent_at) * 1e6
        expect(total, i + 7)


def flight(proxy, count, _latencies):
    """Answers come in the order of the calls: all that is needed for several in flight is to send ahead."""
    connection = proxy.connection
    sent = 0
    while sent < min(count, FLIGHT_DEPTH):
        connection.send(("add", (sent, 7), {}))
        sent += 1
    for i in range(count):
        expect(connection.recv(), i + 7)
        if sent < count:
            connection.send(("add", (sent, 7), {}))
            sent += 1


def echo(proxy, count, _latencies):
    payloads = [letter * ECHO_BYTES for letter in (b"a", b"b")]
    for i in range(count):
        payload = payloads[i % 2]
        expect(proxy.echo(payload), payload)


def visits(_proxy, count, _latencies):
    for i in range(count):
        proxy = Proxy()
        expect(proxy.add(i, 7), i + 7)
        proxy.connection.close()


LOOPS = {"A": sequence, "B": flight, "C": echo, "D": visits}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def calibrate(loop, proxy, job):
    count = 1
    while True:
        latencies = [0.0] * count
        started_at = perf_counter()
        loop(proxy, count, latencies)
        took_ms = (perf_counter() - started_at) * 1000
        if took_ms >= job["warmupMs"]:
            return max(1, round(count * job["measureMs"] / took_ms))
        count = ceil(count * min(10, max(2, 1.1 * job["warmupMs"] / took_ms)))


def run(proxy, job):
    loop = LOOPS[job["loop"]]
    count = job.get("count") or calibrate(loop, proxy, job)
    latencies = [0.0] * count
    cpu_before = cpu_seconds(job["serverPid"])
    started_at = perf_counter()
    loop(proxy, count, latencies)
    seconds = perf_counter() - started_at
    timing = {
        "count": count,
        "seconds": seconds,
        "serverCpuSeconds": cpu_seconds(job["serverPid"]) - cpu_before,
    }
    if job["loop"] == "A":
        latencies.sort()
        timing["latencyUs"] = {"p50": latencies[count // 2], "p99": latencies[count * 99 // 100]}
    return timing


def main():
    proxy = Proxy()
    for line in sys.stdin:
        try:
            answer = {"done": run(proxy, json.loads(line))}
        except Exception as error:
            answer = {"failed": repr(error)}
        print(json.dumps(answer), flush=True)


main()
