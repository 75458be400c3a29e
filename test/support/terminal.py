"""Runs a program on a terminal of its own, as its leader: terminal.py '[ROWS, COLUMNS, PROGRAM, WORD...]'.

A line on standard input is an order: ["key", TEXT], ["size", [ROWS, COLUMNS]], ["signal", NUMBER], ["hang-up", 0]; its end
kills the program. What the program writes goes to standard output; how it ended, and whether the modes of the terminal are
what they were, to standard error.
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading

rows, columns, *words = json.loads(sys.argv[1])
master, slave = pty.openpty()
def resize(rows, columns):
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
resize(rows, columns)
before = termios.tcgetattr(slave)
child = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
ended, alarm = os.pipe()
threading.Thread(target=lambda: (child.wait(), os.write(alarm, b"x")), daemon=True).start()
after, orders = None, b""
sources = [master, 0, ended]
while True:
    ready, _, _ = select.select(sources, [], [])
    if master in ready:
        os.write(1, os.read(master, 65536))
    elif 0 in ready:
        more = os.read(0, 65536)
        if not more:
            child.kill()
            sources.remove(0)
        *lines, orders = (orders + more).split(b"\n")
        for line in lines:
            kind, value = json.loads(line)
            if kind == "key": os.write(master, value.encode())
            elif kind == "size": resize(*value)
            elif kind == "signal": child.send_signal(value)
            else:
                sources.remove(master)
                os.close(slave)
                os.close(master)
                slave = None
    elif ended in ready:
        break
same = None if slave is None else termios.tcgetattr(slave) == before
print(json.dumps({"code": child.returncode, "isRestored": same}), file=sys.stderr)
