#!/usr/bin/env python3
"""A small model server that speaks the Open Inference Protocol (v2, REST) and misbehaves on request.

It needs nothing but Python's standard library. Its model answers, for each input row, the sum of the row.

    open_inference_server.py --port PORT [--model NAME] [--version TEXT]
        [--ready-after SECONDS] [--never-ready] [--exit-with STATUS [--exit-after SECONDS]]
        [--error-share SHARE] [--delay SECONDS] [--body-delay SECONDS] [--ignore-term] [--children N] [--chatter BYTES]

PORT, MODEL_NAME and VERSION in the environment are the defaults of the first three.
Which requests fail is decided by their bodies alone: the same body always gets the same answer.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "0")))
    parser.add_argument("--model", default=os.environ.get("MODEL_NAME", "model"))
    parser.add_argument("--version", default=os.environ.get("VERSION", "1"))
    parser.add_argument("--ready-after", type=float, default=0, help="seconds until the model is loaded")
    parser.add_argument("--never-ready", action="store_true")
    parser.add_argument("--exit-with", type=int, help="end with this status instead of serving")
    parser.add_argument("--exit-after", type=float, default=0, help="seconds to serve before that")
    parser.add_argument("--error-share", type=float, default=0, help="share of request bodies answered 500")
    parser.add_argument("--delay", type=float, default=0, help="seconds that each inference takes")
    parser.add_argument("--body-delay", type=float, default=0, help="seconds from an answer's head to its body")
    parser.add_argument("--ignore-term", action="store_true", help="do not end on SIGTERM")
    parser.add_argument("--children", type=int, default=0, help="sleeping children, each in its own session")
    parser.add_argument("--chatter", type=int, default=0, help="bytes to write to the log at the start")
    return parser.parse_args()


def fails(body, share):
    """Whether this request is among the failing share: the body's digest, taken as a fraction, says so."""
    fraction = int.from_bytes(hashlib.sha256(body).digest()[:8], "big") / 2**64
    return fraction < share


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        options = self.server.options
        model = f"/v2/models/{options.model}"
        if self.path in ("/v2/health/live", "/v2/health/ready"):
            self.answer(200, {})  # like real servers: the server is up, whatever the model does
        elif self.path == f"{model}/ready":
            self.answer(200 if self.server.is_ready() else 503, {})
        elif self.path == model:
            self.answer(200, {"name": options.model, "versions": [options.version], "platform": "test"})
        elif self.path == "/environment":
            self.answer(200, dict(os.environ))
        else:
            self.answer(404, {"error": f"no such path: {self.path}"})

    def do_POST(self):
        options = self.server.options
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path != f"/v2/models/{options.model}/infer":
            return self.answer(404, {"error": f"no such path: {self.path}"})
        if options.delay:
            time.sleep(options.delay)
        if fails(body, options.error_share):
            return self.answer(500, {"error": "this input is beyond me"})
        try:
            request = json.loads(body)
            sums = [sum(row) for row in rows(request["inputs"][0])]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            return self.answer(400, {"error": f"not an inference request: {error}"})
        answer = {
            "model_name": options.model,
            "model_version": options.version,
            "outputs": [{"name": "sum", "shape": [len(sums)], "datatype": "FP64", "data": sums}],
        }
        if "id" in request:
            answer["id"] = request["id"]
        self.answer(200, answer)

    def answer(self, status, content):
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        if self.server.options.body_delay and self.command == "POST":
            self.wfile.flush()
            time.sleep(self.server.options.body_delay)
        self.wfile.write(payload)

    def log_message(self, format, *values):
        pass


def rows(tensor):
    """The rows of a tensor, whether its data is nested or flat with a shape."""
    data = tensor["data"]
    if data and isinstance(data[0], list):
        return data
    width = tensor["shape"][-1]
    return [data[start : start + width] for start in range(0, len(data), width)]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options):
        self.options = options
        self.started = time.monotonic()
        super().__init__(("127.0.0.1", options.port), Handler)

    def is_ready(self):
        if self.options.never_ready:
            return False
        return time.monotonic() - self.started >= self.options.ready_after


def main():
    options = arguments()
    if options.ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    line = "x" * 1023
    for _ in range(options.chatter // 1024):
        print(line)
    print(f"serving {options.model} {options.version} on port {options.port}", flush=True)
    for _ in range(options.children):
        subprocess.Popen(["sleep", "3600"], start_new_session=True)
    if options.exit_with is not None:
        if options.exit_after == 0:
            print(f"cannot load {options.model}", file=sys.stderr, flush=True)
            sys.exit(options.exit_with)
        threading.Timer(options.exit_after, lambda: os._exit(options.exit_with)).start()
    Server(options).serve_forever()


if __name__ == "__main__":
    main()
