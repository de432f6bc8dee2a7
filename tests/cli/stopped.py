"""Runs a command whose messages nobody reads: the pipe is full, so that it waits at its first message.  It is told to
terminate as soon as the file is there, then read to its end, and its status is this program's.

stopped.py FILE COMMAND..."""

import os
import subprocess
import sys
import time

reader, writer = os.pipe()
os.set_blocking(writer, False)
try:
    while True:
        os.write(writer, b"\n")
except BlockingIOError:
    os.set_blocking(writer, True)
process = subprocess.Popen(sys.argv[2:], stderr=writer)
os.close(writer)
while not os.path.exists(sys.argv[1]) and process.poll() is None:
    time.sleep(0.01)
process.terminate()
with os.fdopen(reader) as messages:
    sys.stderr.write(messages.read().lstrip("\n"))
status = process.wait()
sys.exit(status if status >= 0 else 128 - status)
