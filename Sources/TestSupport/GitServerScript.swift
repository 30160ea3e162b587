/// The server itself. Python's standard library has a threading HTTP server; Git brings the CGI program.
let gitServerScript =
  gitServerTroubles + #"""
    import http.server, os, ssl, subprocess, sys, threading, time

    root, log = sys.argv[1], sys.argv[2]

    def end_with_standard_input():
        sys.stdin.buffer.read()
        os._exit(0)

    def trouble_of_all():
        try:
            with open(log + ".trouble") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # As nginx and Apache do: else the end of each answer waits 40 ms for the client's word.
        disable_nagle_algorithm = True

        def log_message(self, *arguments):
            pass

        def request_body(self):
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body

        def answer(self, status, headers, body, sent=None):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if sent is None else body[:sent])
            self.wfile.flush()

        def git(self, path, query, body):
            environment = {
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": root, "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_ADDR": "127.0.0.1",
            }
            done = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
            status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
            return status, [pair for pair in headers if pair[0] != "Status"], content

        def has_trouble(self, name):
            return trouble_of_all() == name

        def stage(self, path, query):
            if path.endswith("/info/refs"):
                return "list" if query.endswith("git-upload-pack") else "list of a push"
            return "push" if path.endswith("/git-receive-pack") else "pack"

        def handle_any(self):
            with open(log, "a") as file:
                file.write(f"{self.command} {self.path}\n")
            path, _, query = self.path.partition("?")
            name = trouble_of_all()
            stage, answer = TROUBLES.get(name, (None, None))
            if stage == self.stage(path, query):
                # What is pushed to a server that stalls is not even read.
                body = b"" if name == "stall_push" else self.request_body()
                answer(self, None if stage == "push" else self.git(path, query, body))
                return
            trouble, _, rest = path.lstrip("/").partition("/")
            body = self.request_body()
            if trouble_of_all() == "stall":
                while trouble_of_all() == "stall":
                    time.sleep(0.05)
                self.close_connection = True
            elif trouble_of_all() == "unavailable":
                self.answer(503, [], b"down for maintenance\n")
            elif trouble == "stall":
                time.sleep(3600)
            elif trouble == "status":
                status = int(rest.split("/")[0])
                headers = [("WWW-Authenticate", 'Basic realm="models"')] if status == 401 else []
                self.answer(status, headers, b"no\n")
            elif trouble == "garbage":
                advertisement = [("Content-Type", "application/x-git-upload-pack-advertisement")]
                self.answer(200, advertisement, b"\x00\xffthis is not a pkt-line\n" * 20)
            elif trouble in ("half-pack", "broken-pack"):
                answer = self.git("/" + rest, query, body)
                if not path.endswith("/git-upload-pack"):
                    self.answer(*answer)
                    return
                self.answer(*answer, sent=len(answer[2]) // 2)
                if trouble == "half-pack":
                    time.sleep(3600)
                self.close_connection = True
            else:
                self.answer(*self.git(path, query, body))

        do_GET = do_POST = handle_any

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # A client that went away is what some tests are about.

    server = Server(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """#
