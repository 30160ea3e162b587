#!/usr/bin/env python3
"""A model server that is up in a moment and costs next to nothing, for tests under constant load.

It speaks as much of the Open Inference Protocol (v2, REST) as those need, on one thread.

    quick_model.py [--error-share SHARE] [--errors-while FILE] [--ready-after SECONDS] [--exit-with STATUS]

PORT and MODEL_NAME come from the environment. With share 0.25 every fourth inference fails, whatever it asks; all fail
while FILE exists. GET /seen answers how many inferences it was asked for.
"""

import os
import select
import signal
import socket
import sys
import time


def options(words):
    pairs = iter(words)
    return dict(zip(pairs, pairs))


class Model:
    def __init__(self, options):
        self.prefix = f"/v2/models/{os.environ['MODEL_NAME']}"
        self.error_share = float(options.get("--error-share", 0))
        self.trouble = options.get("--errors-while")
        self.ready_at = time.monotonic() + float(options.get("--ready-after", 0))
        self.seen = 0

    def answer(self, path):
        if path == f"{self.prefix}/infer":
            return self.infer()
        if path == f"{self.prefix}/ready":
            return (200 if time.monotonic() >= self.ready_at else 503), "{}"
        if path == "/seen":
            return 200, str(self.seen)
        return 404, '{"error": "no such path"}'

    def infer(self):
        self.seen += 1
        is_turn = int(self.seen * self.error_share) > int((self.seen - 1) * self.error_share)
        if is_turn or (self.trouble and os.path.exists(self.trouble)):
            return 500, '{"error": "this input is beyond me"}'
        return 200, '{"outputs": [{"name": "sum", "shape": [1], "datatype": "FP64", "data": [2]}]}'


def take_request(buffer):
    """The path of the first whole request in the buffer, which it is removed from."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    whole = end + 4 + int(headers.get("content-length", 0))
    if len(buffer) < whole:
        return None
    del buffer[:whole]
    return first.split(" ")[1]


def serve(model, listener):
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    connections = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection, bytearray()
                poll.register(connection, select.EPOLLIN)
                continue
            connection, buffer = connections[descriptor]
            try:
                data = connection.recv(1 << 16)
            except ConnectionError:
                data = b""
            buffer += data
            while path := take_request(buffer):
                status, body = model.answer(path)
                head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())
            if not data:
                poll.unregister(connection)
                connections.pop(descriptor)[0].close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    wishes = options(sys.argv[1:])
    if "--exit-with" in wishes:
        print(f"cannot load {os.environ['MODEL_NAME']}", file=sys.stderr)
        sys.exit(int(wishes["--exit-with"]))
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=256)
    serve(Model(wishes), listener)


if __name__ == "__main__":
    main()
