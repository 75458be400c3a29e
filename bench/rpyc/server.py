"""The demonstration of RPyC as its documentation has it: python3 server.py SOCKET-PATH.

It exists only to be compared with. It asks nobody who they are.
"""

import json
import sys

import rpyc
from rpyc.utils.server import ThreadedServer


class Demonstration(rpyc.Service):
    def exposed_each(self, function, count):
        for i in range(count):
            function(i)
        return count

    def exposed_count_lines(self, file, function):
        count = 0
        for line in file:
            function(line)
            count += 1
        return count

    def exposed_size(self, file, piece):
        size = 0
        while True:
            data = file.read(piece)
            if not data:
                return size
            size += len(data)


def main():
    path = sys.argv[1]
    server = ThreadedServer(
        Demonstration, socket_path=path, protocol_config={"allow_public_attrs": True}
    )
    print(json.dumps({"msg": "listening", "address": f"unix:{path}"}), flush=True)
    print(json.dumps({"msg": "ready"}), flush=True)
    server.start()


main()
