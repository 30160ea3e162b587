/// What a hostile or broken Git server does, as functions that answer one request of smart HTTP (gitprotocol-http,
/// gitprotocol-pack, gitformat-pack of Git's own documentation). The list of references comes with a GET, commits and
/// the answer to a push with a POST.
let gitServerTroubles = #"""
  import hashlib, os, socket, struct, time, zlib

  # By name: at which stage, and what is done then.
  TROUBLES = {}

  def trouble_with(stage):
      def register(function):
          TROUBLES[function.__name__] = (stage, function)
          return function
      return register

  def packet(data):
      return b"%04x" % (len(data) + 4) + data

  def band(number, data):
      return packet(bytes([number]) + data)

  def begin(handler, kind):
      handler.send_response(200)
      handler.send_header("Content-Type", kind)
      handler.send_header("Connection", "close")
      handler.end_headers()
      handler.close_connection = True

  def begin_pack(handler):
      begin(handler, "application/x-git-upload-pack-result")
      handler.wfile.write(packet(b"NAK\n"))

  def reset(handler):
      handler.wfile.flush()
      handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
      os.close(handler.connection.detach())

  def pack_header(objects):
      return b"PACK" + struct.pack(">II", 2, objects)

  def object_header(kind, size):
      first, size = (kind << 4) | (size & 15), size >> 4
      header = bytearray()
      while size:
          header.append(first | 0x80)
          first, size = size & 0x7F, size >> 7
      header.append(first)
      return bytes(header)

  def number(value):
      encoded = bytearray()
      while value >= 0x80:
          encoded.append((value & 0x7F) | 0x80)
          value >>= 7
      encoded.append(value)
      return bytes(encoded)

  def send_pack(handler, pack):
      begin_pack(handler)
      pack += hashlib.sha1(pack).digest()
      for start in range(0, len(pack), 60000):
          handler.wfile.write(band(1, pack[start:start + 60000]))
      handler.wfile.write(b"0000")

  @trouble_with("list")
  def reset_list(handler, real):
      reset(handler)

  @trouble_with("list")
  def close_list(handler, real):
      handler.close_connection = True

  @trouble_with("list")
  def garbage_list(handler, real):
      begin(handler, "application/x-git-upload-pack-advertisement")
      handler.wfile.write(b"\x00\xffthis is not a pkt-line\n" * 20)

  @trouble_with("list")
  def endless_list(handler, real):
      begin(handler, "application/x-git-upload-pack-advertisement")
      handler.wfile.write(packet(b"# service=git-upload-pack\n") + b"0000")
      handler.wfile.write(packet(b"1" * 40 + b" HEAD\0multi_ack side-band-64k ofs-delta\n"))
      count = 0
      while True:
          lines = (packet(b"1" * 40 + b" refs/heads/branch-%012d\n" % (count + i)) for i in range(1000))
          handler.wfile.write(b"".join(lines))
          count += 1000

  @trouble_with("list")
  def dripping_list(handler, real):
      begin(handler, "application/x-git-upload-pack-advertisement")
      for byte in real[2]:
          handler.wfile.write(bytes([byte]))
          handler.wfile.flush()
          time.sleep(0.2)

  @trouble_with("pack")
  def reset_pack(handler, real):
      begin(handler, "application/x-git-upload-pack-result")
      handler.wfile.write(real[2][:len(real[2]) // 2])
      reset(handler)

  @trouble_with("pack")
  def close_pack(handler, real):
      handler.answer(*real, sent=len(real[2]) // 2)
      handler.close_connection = True

  @trouble_with("pack")
  def stall_pack(handler, real):
      handler.answer(*real, sent=len(real[2]) // 2)
      while handler.has_trouble("stall_pack"):
          time.sleep(0.05)
      handler.close_connection = True

  @trouble_with("pack")
  def garbage_pack(handler, real):
      begin(handler, "application/x-git-upload-pack-result")
      handler.wfile.write(os.urandom(4000).replace(b"0", b"x"))

  @trouble_with("pack")
  def garbage_objects(handler, real):
      send_pack(handler, pack_header(3) + b"\x7F" * 4000)

  @trouble_with("pack")
  def flipped_pack(handler, real):
      content = bytearray(real[2])
      content[len(content) // 2] ^= 0xFF
      handler.answer(real[0], real[1], bytes(content))

  @trouble_with("pack")
  def other_pack(handler, real):
      text = b"this is nobody's file\n"
      send_pack(handler, pack_header(1) + object_header(3, len(text)) + zlib.compress(text))

  @trouble_with("pack")
  def endless_pack(handler, real):
      begin_pack(handler)
      handler.wfile.write(band(1, pack_header(1000000)))
      while True:
          noise = os.urandom(50000)
          handler.wfile.write(band(1, object_header(3, len(noise)) + zlib.compress(noise, 0)))

  @trouble_with("pack")
  def countless_pack(handler, real):
      send_pack(handler, pack_header(0xFFFFFFFF))

  @trouble_with("pack")
  def endless_progress(handler, real):
      begin_pack(handler)
      while True:
          handler.wfile.write(band(2, b"Counting objects: 1 % of very many\r" * 1000))

  @trouble_with("pack")
  def dripping_pack(handler, real):
      begin(handler, "application/x-git-upload-pack-result")
      for byte in real[2]:
          handler.wfile.write(bytes([byte]))
          handler.wfile.flush()
          time.sleep(0.02)

  @trouble_with("pack")
  def slow_pack(handler, real):
      begin(handler, "application/x-git-upload-pack-result")
      content = real[2]
      step = max(1500, len(content) // 20)
      for start in range(0, len(content), step):
          handler.wfile.write(content[start:start + step])
          handler.wfile.flush()
          time.sleep(0.5)

  @trouble_with("pack")
  def delta_bomb(handler, real):
      base = b"x" * 65536
      first = object_header(3, len(base)) + zlib.compress(base)
      # Copies all of the base (0x80: no offset, no size, which is 64 KiB) as often as 1.5 GiB take.
      claimed = 3 << 29
      delta = number(len(base)) + number(claimed) + b"\x80" * (claimed // len(base))
      # The base begins right after the header of the pack; an offset counts backwards.
      distance, encoded = len(first), []
      encoded.append(distance & 0x7F)
      while distance >> 7:
          distance = (distance >> 7) - 1
          encoded.insert(0, 0x80 | (distance & 0x7F))
      bomb = object_header(6, len(delta)) + bytes(encoded) + zlib.compress(delta)
      send_pack(handler, pack_header(2) + first + bomb)

  @trouble_with("push")
  def reset_push(handler, real):
      reset(handler)

  @trouble_with("push")
  def garbage_push(handler, real):
      begin(handler, "application/x-git-receive-pack-result")
      handler.wfile.write(b"\x00\xffthis is not a pkt-line\n" * 20)

  @trouble_with("push")
  def endless_push(handler, real):
      begin(handler, "application/x-git-receive-pack-result")
      while True:
          handler.wfile.write(band(2, b"this takes a while\n" * 1000))

  @trouble_with("push")
  def stall_push(handler, real):
      while handler.has_trouble("stall_push"):
          time.sleep(0.05)
      handler.close_connection = True

  """#
