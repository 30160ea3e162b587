import CLibgit2
import Glibc

/// libgit2's own HTTP, with a meter between it and the parser of what comes.
///
/// libgit2 takes a list of references of any length, and for a pack it asks nobody before the first 100 KiB.
final class MeteredHTTP {
  private let meter: Meter

  init(_ meter: Meter) { self.meter = meter }

  func makeTransport(
    _ transport: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ remote: OpaquePointer?
  ) -> Int32 {
    var definition = git_smart_subtransport_definition(
      // Each request of smart HTTP stands for itself.
      callback: makeSubtransport, rpc: 1, param: Unmanaged.passUnretained(meter).toOpaque())
    return git_transport_smart(transport, remote, &definition)
  }
}

/// libgit2's subtransport behind ours, and the meter on the way.
private final class MeteredSubtransport {
  let inner: UnsafeMutablePointer<git_smart_subtransport>
  let meter: Meter

  init(_ inner: UnsafeMutablePointer<git_smart_subtransport>, _ meter: Meter) {
    self.inner = inner
    self.meter = meter
  }

  static func behind(_ pointer: UnsafeMutablePointer<git_smart_subtransport>?) -> MeteredSubtransport? {
    UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: evenkeel_git_subtransport.self).pointee
      .owner.map { Unmanaged<MeteredSubtransport>.fromOpaque($0).takeUnretainedValue() }
  }
}

/// The same for one request.
private final class MeteredStream {
  let inner: UnsafeMutablePointer<git_smart_subtransport_stream>
  let meter: Meter

  init(_ inner: UnsafeMutablePointer<git_smart_subtransport_stream>, _ meter: Meter) {
    self.inner = inner
    self.meter = meter
  }

  static func behind(_ pointer: UnsafeMutablePointer<git_smart_subtransport_stream>?) -> MeteredStream? {
    UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: evenkeel_git_stream.self).pointee
      .owner.map { Unmanaged<MeteredStream>.fromOpaque($0).takeUnretainedValue() }
  }
}

private let makeSubtransport: git_smart_subtransport_cb = { made, transport, meter in
  var inner: UnsafeMutablePointer<git_smart_subtransport>?
  let code = git_smart_subtransport_http(&inner, transport, nil)
  guard code == 0, let inner, let meter else { return code < 0 ? code : GIT_EUSER.rawValue }
  let owner = MeteredSubtransport(inner, Unmanaged<Meter>.fromOpaque(meter).takeUnretainedValue())
  let memory = UnsafeMutablePointer<evenkeel_git_subtransport>.allocate(capacity: 1)
  memory.initialize(
    to: evenkeel_git_subtransport(
      base: git_smart_subtransport(action: startRequest, close: closeSubtransport, free: freeSubtransport),
      owner: Unmanaged.passRetained(owner).toOpaque()))
  made?.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport.self)
  return 0
}

private func startRequest(
  _ made: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
  _ subtransport: UnsafeMutablePointer<git_smart_subtransport>?, _ url: UnsafePointer<CChar>?,
  _ service: git_smart_service_t
) -> Int32 {
  guard let metered = MeteredSubtransport.behind(subtransport) else { return GIT_EUSER.rawValue }
  var stream: UnsafeMutablePointer<git_smart_subtransport_stream>?
  let code = metered.inner.pointee.action(&stream, metered.inner, url, service)
  guard code == 0, let stream else { return code < 0 ? code : GIT_EUSER.rawValue }
  let memory = UnsafeMutablePointer<evenkeel_git_stream>.allocate(capacity: 1)
  memory.initialize(
    to: evenkeel_git_stream(
      base: git_smart_subtransport_stream(
        subtransport: subtransport, read: readAnswer, write: writeRequest, free: freeStream),
      owner: Unmanaged.passRetained(MeteredStream(stream, metered.meter)).toOpaque()))
  made?.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport_stream.self)
  return 0
}

private func readAnswer(
  _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: Int, _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
  guard let metered = MeteredStream.behind(stream), let count else { return GIT_EUSER.rawValue }
  let code = metered.inner.pointee.read(metered.inner, buffer, size, count)
  guard code == 0 else { return code }
  return metered.meter.count(count.pointee) ? 0 : GIT_EUSER.rawValue
}

private func writeRequest(
  _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ bytes: UnsafePointer<CChar>?, _ size: Int
) -> Int32 {
  guard let metered = MeteredStream.behind(stream), let write = metered.inner.pointee.write else {
    return GIT_EUSER.rawValue
  }
  sendAtOnce()
  return write(metered.inner, bytes, size)
}

/// Has the kernel send what is written, however little it is. libgit2 writes head and body of a request one after the
/// other, and by default the body waits until the server has acknowledged the head: 40 ms, most of a fetch.
private func sendAtOnce() {
  var yes: CInt = 1
  // libgit2 tells nobody which descriptor is the connection's. The worker has few, and files refuse.
  for descriptor in 3..<CInt(64) {
    setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
  }
}

private func freeStream(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) {
  guard let stream else { return }
  let memory = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: evenkeel_git_stream.self)
  if let metered = MeteredStream.behind(stream), let owner = memory.pointee.owner {
    metered.inner.pointee.free(metered.inner)
    Unmanaged<MeteredStream>.fromOpaque(owner).release()
  }
  memory.deallocate()
}

private func closeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) -> Int32 {
  guard let metered = MeteredSubtransport.behind(subtransport) else { return 0 }
  return metered.inner.pointee.close(metered.inner)
}

private func freeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) {
  guard let subtransport else { return }
  let memory = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: evenkeel_git_subtransport.self)
  if let metered = MeteredSubtransport.behind(subtransport), let owner = memory.pointee.owner {
    metered.inner.pointee.free(metered.inner)
    Unmanaged<MeteredSubtransport>.fromOpaque(owner).release()
  }
  memory.deallocate()
}
