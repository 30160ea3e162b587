#!/usr/bin/env python3
"""A model server that is up in a moment and costs next to nothing, for tests under constant load.

It speaks as much of the Open Inference Protocol (v2, REST) as those need, on one thread.

    quick_model.py [--error-share SHARE] [--ready-after SECONDS]

PORT and MODEL_NAME come from the environment. An inference with share 0.25 fails at every fourth request, whatever it
asks. GET /seen answers how many inferences it was asked for, and how many of them were copies of a mirror.
"""

import os
import select
import signal
import socket
import sys
import time


def options(words):
    pairs = iter(words)
    return {name: float(value) for name, value in zip(pairs, pairs)}


class Model:
    def __init__(self, options):
        self.prefix = f"/v2/models/{os.environ['MODEL_NAME']}"
        self.error_share = options.get("--error-share", 0)
        self.ready_at = time.monotonic() + options.get("--ready-after", 0)
        self.seen = self.copies = 0

    def answer(self, path, headers):
        if path == f"{self.prefix}/infer":
            return self.infer(headers)
        if path == f"{self.prefix}/ready":
            return (200 if time.monotonic() >= self.ready_at else 503), "{}"
        if path == "/seen":
            return 200, f'{{"requests": {self.seen}, "copies": {self.copies}}}'
        return 404, '{"error": "no such path"}'

    def infer(self, headers):
        self.seen += 1
        # Envoy marks the host of what it mirrors.
        self.copies += "-shadow" in headers.get("host", "")
        if int(self.seen * self.error_share) > int((self.seen - 1) * self.error_share):
            return 500, '{"error": "this input is beyond me"}'
        return 200, '{"outputs": [{"name": "sum", "shape": [1], "datatype": "FP64", "data": [2]}]}'


def take_request(buffer):
    """The path and the headers of the first whole request in the buffer, which it is removed from."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    whole = end + 4 + int(headers.get("content-length", 0))
    if len(buffer) < whole:
        return None
    del buffer[:whole]
    return first.split(" ")[1], headers


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
            while request := take_request(buffer):
                status, body = model.answer(*request)
                head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())
            if not data:
                poll.unregister(connection)
                connections.pop(descriptor)[0].close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=256)
    serve(Model(options(sys.argv[1:])), listener)


if __name__ == "__main__":
    main()
