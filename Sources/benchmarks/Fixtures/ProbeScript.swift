/// A model server that notes when its last request arrived, and a client that never stops asking. Both end when their
/// standard input does or, as an instance of the agent, on SIGTERM.
let probeScript = #"""
  import http.client, http.server, os, sys, threading, time

  def end_with_standard_input():
      sys.stdin.buffer.read()
      os._exit(0)

  class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"
      disable_nagle_algorithm = True

      def log_message(self, *arguments):
          pass

      def do_GET(self):
          self.answer(200)

      def do_POST(self):
          os.pwrite(self.server.note, b"%20d" % time.monotonic_ns(), 0)
          self.rfile.read(int(self.headers.get("Content-Length") or 0))
          self.server.answered += 1
          # Every other answer of a bad version is an error.
          self.answer(500 if self.server.is_bad and self.server.answered % 2 else 200)

      def answer(self, status):
          body = b"{}"
          self.send_response(status)
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body)

  class Server(http.server.ThreadingHTTPServer):
      daemon_threads = True

      def handle_error(self, request, client_address):
          pass

  def serve(port, version, folder):
      server = Server(("127.0.0.1", port), Handler)
      server.note = os.open(f"{folder}/{version}", os.O_WRONLY | os.O_CREAT, 0o600)
      server.is_bad = version.startswith("bad")
      server.answered = 0
      print(server.server_address[1], flush=True)
      server.serve_forever()

  def ask(port):
      while True:
          try:
              connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
              while True:
                  connection.request("POST", "/v2/models/probe/infer", body=b"{}")
                  connection.getresponse().read()
          except OSError:
              time.sleep(0.01)

  if sys.argv[1] == "instance":
      serve(int(os.environ["PORT"]), os.environ["VERSION"], sys.argv[2])
  threading.Thread(target=end_with_standard_input, daemon=True).start()
  if sys.argv[1] == "serve":
      serve(0, sys.argv[3], sys.argv[2])
  for _ in range(3):
      threading.Thread(target=ask, args=(int(sys.argv[2]),), daemon=True).start()
  print(0, flush=True)
  threading.Event().wait()
  """#
