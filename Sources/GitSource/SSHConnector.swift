import CLibgit2
import Effects
import Glibc
import Manifests

/// Connects libgit2 to a repository through OpenSSH's `ssh`.
///
/// libgit2 brings an ssh of its own, but what Debian 12 builds it with knows neither `rsa-sha2` signatures nor all that
/// a file of known hosts may say.
final class SSHConnector {
  private let address: SSHAddress
  private let credentials: AgentSettings.Credentials
  /// Seconds until the host has to be connected.
  private let patience: Int
  fileprivate let meter: Meter
  fileprivate var process: SSHProcess?
  /// libgit2's view of the process.
  fileprivate var stream: UnsafeMutablePointer<git_smart_subtransport_stream>?
  private var transcript: SSHTranscript?

  init(_ request: WorkerRequest, _ meter: Meter) throws(WorkerFailure) {
    self.meter = meter
    do throws(SSHAddress.Misfit) {
      address = try SSHAddress(request.url)
    } catch {
      throw WorkerFailure(.notFound, "\(redacted(request.url)) \(error.message): \(error.suggestion)")
    }
    guard let credentials = request.access.credentials else {
      throw WorkerFailure(
        .denied, "\(redacted(request.url)) needs credentials: name them in `source.auth` of the agent's file")
    }
    self.credentials = credentials
    patience = max(1, request.patience.stall / 4)
    guard access(SSHCommand.program, X_OK) == 0 else {
      throw WorkerFailure(.denied, "there is no \(SSHCommand.program): install `openssh-client`")
    }
    if case .sshKey(let file, _) = credentials { try requireSecret(file, called: "the ssh key") }
    if case .sshAgent(let socket, _) = credentials {
      try requireReadable(socket, called: "the socket of the ssh agent")
    }
    try requireReadable(credentials.knownHosts, called: "the file of known hosts")
  }

  /// What became of the last connection, in words for people; `nil` when ssh has nothing to tell.
  func explanation() -> WorkerFailure? {
    transcript?.trouble(at: address, with: credentials).map { WorkerFailure($0.kind, $0.message) }
  }

  fileprivate func start(_ service: String) -> Bool {
    let command = SSHCommand(service, at: address, with: credentials, patience: patience)
    process = SSHProcess(command.arguments)
    // Without a process there is nothing that could explain it.
    if process == nil { transcript = SSHTranscript("\(SSHCommand.program): no process can be started") }
    return process != nil
  }

  fileprivate func finish() {
    transcript = process?.finish()
    (process, stream) = (nil, nil)
  }
}

// MARK: libgit2's side

extension SSHConnector {
  func makeTransport(
    _ transport: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ remote: OpaquePointer?
  ) -> Int32 {
    var definition = git_smart_subtransport_definition(
      callback: makeSubtransport, rpc: 0, param: Unmanaged.passUnretained(self).toOpaque())
    return git_transport_smart(transport, remote, &definition)
  }

  fileprivate static func behind(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?)
    -> SSHConnector?
  {
    UnsafeMutableRawPointer(subtransport)?.assumingMemoryBound(to: evenkeel_git_subtransport.self).pointee
      .owner.map { Unmanaged<SSHConnector>.fromOpaque($0).takeUnretainedValue() }
  }

  fileprivate static func behind(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?)
    -> SSHConnector?
  {
    UnsafeMutableRawPointer(stream)?.assumingMemoryBound(to: evenkeel_git_stream.self).pointee.owner
      .map { Unmanaged<SSHConnector>.fromOpaque($0).takeUnretainedValue() }
  }
}

private let makeSubtransport: git_smart_subtransport_cb = { made, _, connector in
  guard let connector else { return GIT_EUSER.rawValue }
  let memory = UnsafeMutablePointer<evenkeel_git_subtransport>.allocate(capacity: 1)
  memory.initialize(
    to: evenkeel_git_subtransport(
      base: git_smart_subtransport(action: startService, close: { _ in 0 }, free: freeSubtransport),
      // libgit2 frees it when it likes, perhaps after we have let go.
      owner: Unmanaged<SSHConnector>.fromOpaque(connector).retain().toOpaque()))
  made?.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport.self)
  return 0
}

private func freeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) {
  guard let subtransport else { return }
  let memory = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: evenkeel_git_subtransport.self)
  if let owner = memory.pointee.owner { Unmanaged<SSHConnector>.fromOpaque(owner).release() }
  memory.deallocate()
}

private func startService(
  _ made: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
  _ subtransport: UnsafeMutablePointer<git_smart_subtransport>?, _ url: UnsafePointer<CChar>?,
  _ service: git_smart_service_t
) -> Int32 {
  guard let connector = SSHConnector.behind(subtransport) else { return GIT_EUSER.rawValue }
  if connector.stream == nil {
    let isPush = service == GIT_SERVICE_RECEIVEPACK_LS || service == GIT_SERVICE_RECEIVEPACK
    guard connector.start(isPush ? "git-receive-pack" : "git-upload-pack") else {
      return GIT_EUSER.rawValue
    }
    connector.stream = makeStream(of: connector, for: subtransport)
  }
  // The listing and what follows it are one conversation of one process.
  made?.pointee = connector.stream
  return 0
}

private func makeStream(
  of connector: SSHConnector, for subtransport: UnsafeMutablePointer<git_smart_subtransport>?
) -> UnsafeMutablePointer<git_smart_subtransport_stream> {
  let memory = UnsafeMutablePointer<evenkeel_git_stream>.allocate(capacity: 1)
  memory.initialize(
    to: evenkeel_git_stream(
      base: git_smart_subtransport_stream(
        subtransport: subtransport, read: readStream, write: writeStream, free: freeStream),
      owner: Unmanaged.passUnretained(connector).toOpaque()))
  return UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport_stream.self)
}

private func readStream(
  _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: Int, _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
  guard let connector = SSHConnector.behind(stream), let process = connector.process else {
    return GIT_EUSER.rawValue
  }
  let bytes = process.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
  count?.pointee = bytes
  return connector.meter.count(bytes) ? 0 : GIT_EUSER.rawValue
}

private func writeStream(
  _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ bytes: UnsafePointer<CChar>?, _ size: Int
) -> Int32 {
  let process = SSHConnector.behind(stream)?.process
  let isWritten = process?.write(UnsafeRawBufferPointer(start: bytes, count: size)) ?? false
  return isWritten ? 0 : GIT_EUSER.rawValue
}

private func freeStream(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) {
  SSHConnector.behind(stream)?.finish()
  UnsafeMutableRawPointer(stream)?.assumingMemoryBound(to: evenkeel_git_stream.self).deallocate()
}
