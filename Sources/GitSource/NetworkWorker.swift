import CLibgit2
import CSpawn
import Effects
import FoundationEssentials
import Glibc

/// The child process that does one network operation and ends.
///
/// libgit2 has no socket timeout and parses what strangers send. So it meets the network only in here, where a hang
/// can be killed and a crash takes nothing else down. The executable hands over to ``run()`` when its first
/// argument is `git-worker`.
package enum NetworkWorker {
  /// A request is a few paths and ids; whatever is longer is not one.
  private static let requestLimit = 64 << 10
  /// Memory for what the remote sends besides packs, such as its list of references. Packs go to disk.
  private static let memoryLimit: rlim_t = 2 << 30

  /// Reads one JSON request from standard input, does it, and writes one JSON response to standard output.
  ///
  /// - Returns: The exit code: 0 when there is a response, also one that reports a failure.
  package static func run() -> Int32 {
    keepToItself()
    guard let request = readRequest() else {
      complain("git-worker: standard input holds no request. This command is for the agent's own use.")
      return 64
    }
    // Should the agent be gone when its deadline passes, nobody else ends this process.
    alarm(UInt32(clamping: request.lifetime))
    guard let response = try? JSONEncoder().encode(perform(request)) else { return 70 }
    return write(response) ? 0 : 74
  }

  static func perform(_ request: WorkerRequest) -> WorkerResponse {
    do throws(WorkerFailure) {
      let session = try WorkerSession(request)
      switch request.operation {
      case .fetch(let maximumPackBytes, let maximumPacks):
        return .fetched(
          try session.fetch(maximumPackBytes: maximumPackBytes, maximumPacks: maximumPacks))
      case .push(let commit, let tip):
        return .pushed(try session.push(commit, replacing: tip))
      }
    } catch {
      return .failed(error.response)
    }
  }

  private static func keepToItself() {
    var memory = rlimit(rlim_cur: memoryLimit, rlim_max: memoryLimit)
    setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &memory)
    // Secrets are read in here: there is no core file, and nobody else looks into the memory.
    var core = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
    _ = evenkeel_forbid_dumps()
    // A child that went away is an error of the write to it.
    signal(SIGPIPE, SIG_IGN)
  }

  private static func readRequest() -> WorkerRequest? {
    var input = [UInt8](repeating: 0, count: requestLimit)
    var length = 0
    while length < input.count {
      let count = input.withUnsafeMutableBytes { buffer in
        read(STDIN_FILENO, buffer.baseAddress.map { $0 + length }, buffer.count - length)
      }
      guard count > 0 else { break }
      length += count
    }
    return try? JSONDecoder().decode(WorkerRequest.self, from: Data(input[..<length]))
  }

  private static func write(_ data: Data) -> Bool {
    let bytes = [UInt8](data)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(STDOUT_FILENO, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// Why the worker could not do what it was asked.
struct WorkerFailure: Error {
  var error: SourceError
  /// The mirror itself is broken: only a new one helps.
  var mirrorIsDamaged = false

  init(_ kind: SourceError.Kind, _ message: String) {
    error = SourceError(kind, message)
  }

  /// A failure of the local repository, before or after the network was involved.
  init(mirror failure: GitFailure) {
    error = failure.asMirrorError
    mirrorIsDamaged = failure.meansDamage
  }

  var response: WorkerResponse.Failed {
    .init(kind: error.kind.rawValue, message: error.message, mirrorIsDamaged: mirrorIsDamaged)
  }
}
