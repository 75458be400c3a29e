"""The well-known recipe of remote calls over multiprocessing.connection: python3 server.py SOCKET-PATH AUTHKEY.

It exists only to be compared with. Whoever can log in to such a server can run any code in it: that is what
unpickling means.
"""

import json
import sys
import threading
from multiprocessing.connection import Listener


class Registry:
    def __init__(self):
        self._functions = {}

    def register(self, function):
        self._functions[function.__name__] = function
        return function

    def serve(self, connection):
        try:
            while True:
                name, args, kwargs = connection.recv()
                try:
                    connection.send(self._functions[name](*args, **kwargs))
                except Exception as error:
                    connection.send(error)
        except EOFError:
            connection.close()


registry = Registry()


@registry.register
def add(a, b):
    return a + b


@registry.register
def echo(value):
    return value


def main():
    path, authkey = sys.argv[1:3]
    listener = Listener(path, family="AF_UNIX", authkey=authkey.encode())
    print(json.dumps({"msg": "listening", "address": f"unix:{path}"}), flush=True)
    print(json.dumps({"msg": "ready"}), flush=True)
    while True:
        connection = listener.accept()
        threading.Thread(target=registry.serve, args=(connection,), daemon=True).start()


main()
