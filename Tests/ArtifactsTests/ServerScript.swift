/// A file server with faults, for Python's standard library. It prints its port, serves the folder given as
/// its argument, and ends when its standard input does.
let serverScript = #"""
  import http.server, os, re, sys, threading

  root = sys.argv[1]
  lock = threading.Lock()
  gate = threading.Event()
  log, seen, active, peak = [], {}, 0, 0

  class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"

      def log_message(self, *arguments): pass

      def do_GET(self):
          global active, peak
          path = self.path.split("?")[0]
          with lock:
              log.append(path + " " + self.headers.get("Range", "-"))
              number = seen[path] = seen.get(path, 0) + 1
              active += 1
              peak = max(peak, active)
          try:
              self.answer(path, number)
          except (BrokenPipeError, ConnectionResetError):
              self.close_connection = True
          finally:
              with lock: active -= 1

      def answer(self, path, number):
          kind, _, rest = path.lstrip("/").partition("/")
          count, _, name = rest.partition("/")
          if kind == "files": self.file(rest)
          elif kind == "gated": gate.wait(); self.file(rest)
          elif kind == "open": gate.set(); self.text("open")
          elif kind == "log": self.text("\n".join(log))
          elif kind == "peak": self.text(str(peak))
          elif kind == "status": self.send_error(int(rest))
          elif kind == "outage": self.file(name) if number > int(count) else self.send_error(503)
          elif kind == "cut": self.file(name, cut=number <= int(count))
          elif kind == "cut-without-range": self.file(name, cut=number <= int(count), ranges=False)
          elif kind == "replaced": self.file(name if number > 1 else name + ".old", cut=number == 1)
          elif kind == "stall": self.file(rest, cut=True, stall=True)
          elif kind == "silent": self.rfile.read()
          elif kind == "endless": self.endless()
          elif kind == "trickle": self.trickle()
          elif kind == "redirect": self.redirect("/files/" + rest)
          elif kind == "loop": self.redirect("/loop")
          elif kind == "to-file": self.redirect("file:///etc/hostname")
          else: self.send_error(404)

      def text(self, text):
          body = text.encode()
          self.send_response(200)
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body)

      def redirect(self, location):
          self.send_response(302)
          self.send_header("Location", location)
          self.send_header("Content-Length", "0")
          self.end_headers()

      def endless(self):
          self.send_response(200)
          self.end_headers()
          while True: self.wfile.write(bytes(65536))

      def trickle(self):
          self.send_response(200)
          self.end_headers()
          while True:
              self.wfile.write(b"x")
              if gate.wait(0.02): return

      def file(self, name, cut=False, stall=False, ranges=True):
          try:
              data = open(os.path.join(root, name), "rb").read()
          except OSError:
              return self.send_error(404)
          start = 0
          match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
          if ranges and match:
              start = int(match[1])
              if start >= len(data): return self.send_error(416)
              self.send_response(206)
              self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
          else:
              self.send_response(200)
          body = data[start:]
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body[:len(body) // 2] if cut else body)
          self.wfile.flush()
          if stall: self.rfile.read()
          if cut: self.close_connection = True

  server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
  server.daemon_threads = True
  print(server.server_address[1], flush=True)
  threading.Thread(target=server.serve_forever, daemon=True).start()
  sys.stdin.read()
  """#

/// Writes the hostile and the honest archives of the tests into the folder given as its argument.
let archiveScript = #"""
  import io, os, struct, sys, tarfile, zipfile

  os.chdir(sys.argv[1])

  def entry(name, kind=tarfile.REGTYPE, link="", mode=0o644, data=b"x"):
      info = tarfile.TarInfo(name)
      info.type, info.linkname, info.mode = kind, link, mode
      info.size = len(data) if kind == tarfile.REGTYPE else 0
      return info, data

  def tar(name, *entries, mode="w", **options):
      with tarfile.open(name, mode, **options) as archive:
          for info, data in entries:
              archive.addfile(info, io.BytesIO(data) if info.isreg() else None)

  def zip(name, *entries):
      with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
          for entry_name, data in entries: archive.writestr(entry_name, data)

  good = entry("model/weights.bin", data=b"weights")
  tar("good.tar", entry("./", tarfile.DIRTYPE), good, entry("model/run", mode=0o4755, data=b"#!"),
      entry("empty", tarfile.DIRTYPE), entry("modèle/ünï.txt"))
  tar("good.tar.gz", good, mode="w:gz")
  tar("gnu.tar", entry("a/" * 20 + "b" * 120, data=b"long"), format=tarfile.GNU_FORMAT)
  zip("good.zip", ("model/weights.bin", b"weights"), ("modèle.txt", b"x"))
  zip("model.pt", ("model/data.pkl", b"weights"))
  open("plain.bin", "wb").write(b"plain bytes")
  open("plain.bin.gz", "wb").write(__import__("gzip").compress(b"plain bytes"))
  open("empty.bin", "wb").close()
  open("big.bin", "wb").write(os.urandom(3 << 20))
  open("big.bin.old", "wb").write(os.urandom(3 << 20))

  tar("parent.tar", good, entry("../escaped"))
  tar("deep-parent.tar", entry("a/b/../../../escaped"))
  tar("absolute.tar", entry("/tmp/evenkeel-escaped"))
  tar("symlink.tar", entry("link", tarfile.SYMTYPE, "/etc"))
  tar("symlink-through.tar", entry("link", tarfile.SYMTYPE, ".."), entry("link/escaped"))
  tar("hardlink.tar", entry("link", tarfile.LNKTYPE, "/etc/hostname"))
  tar("hardlink-inside.tar", good, entry("link", tarfile.LNKTYPE, "model/weights.bin"))
  tar("device.tar", entry("device", tarfile.CHRTYPE))
  tar("fifo.tar", entry("fifo", tarfile.FIFOTYPE))
  tar("backslash.tar", entry("..\\escaped"))
  tar("control.tar", entry("a\x1b[2Jb"))
  tar("not-utf8.tar", entry("a\udcffb"), errors="surrogateescape", format=tarfile.GNU_FORMAT)
  tar("duplicate.tar", entry("a"), entry("a", data=b"y"))
  tar("file-as-folder.tar", entry("a"), entry("a/b"))
  tar("folder-as-file.tar", entry("a/b"), entry("a"))
  tar("deep.tar", entry("a/" * 40 + "b"))
  tar("many.tar", *[entry(f"f{number}") for number in range(60)])
  tar("bomb.tar.gz", entry("zeros", data=bytes(4 << 20)), mode="w:gz")
  tar("large.tar", entry("large", data=os.urandom(3 << 20)))
  data = open("good.tar.gz", "rb").read()
  tar("random.tar.gz", entry("random", data=os.urandom(300000)), mode="w:gz")
  random = open("random.tar.gz", "rb").read()
  open("truncated.tar.gz", "wb").write(random[:len(random) // 2])
  open("truncated-head.tar.gz", "wb").write(data[:20])
  tar("random.tar", entry("random", data=os.urandom(300000)))
  random = open("random.tar", "rb").read()
  open("truncated.tar", "wb").write(random[:len(random) // 2])
  header = bytearray(open("good.tar", "rb").read())
  header[1] ^= 0xff
  open("bad-checksum.tar", "wb").write(header)

  zip("parent.zip", ("../escaped", b"x"))
  zip("absolute.zip", ("/tmp/evenkeel-escaped", b"x"))
  zip("bomb.zip", ("zeros", bytes(4 << 20)))
  zip("duplicate.zip", ("a", b"x"), ("a", b"y"))
  link = zipfile.ZipInfo("link")
  link.create_system, link.external_attr = 3, 0o120777 << 16
  zip("symlink.zip", (link, b"/etc"))
  data = open("good.zip", "rb").read()
  open("truncated.zip", "wb").write(data[:len(data) // 2])
  stored = io.BytesIO()
  with zipfile.ZipFile(stored, "w") as archive: archive.writestr("a", b"weights")
  open("bad-crc.zip", "wb").write(stored.getvalue().replace(b"weights", b"wEights"))
  # The central directory says one byte, the data are more: what comes out is what counts.
  liar = bytearray(open("bomb.zip", "rb").read())
  for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
      at = liar.index(signature)
      liar[at + offset:at + offset + 4] = struct.pack("<I", 1)
  open("lying-size.zip", "wb").write(liar)
  encrypted = bytearray(data)
  for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
      at = encrypted.index(signature)
      encrypted[at + offset] |= 1
  open("encrypted.zip", "wb").write(encrypted)
  """#
