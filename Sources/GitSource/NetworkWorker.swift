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
  /// Memory for what the remote sends besides packs, such as its list of references, and for unpacking one object.
  /// Packs go to disk. The bounds on what is sent are reached earlier; this one is for what they do not foresee.
  ///
  /// It is the limit on data, not on addresses: libgit2 maps packs of any size into memory to read them.
  static let memoryLimit = 1 << 30
  /// Seconds of computing. A pack may unpack to a thousand times its size, and nothing of that is received.
  static let processorLimit = 600

  /// Reads one JSON request from standard input, does it, and writes one JSON response to standard output.
  ///
  /// - Returns: The exit code: 0 when there is a response, also one that reports a failure.
  package static func run() -> Int32 {
    keepToItself()
    guard let request = readRequest() else {
      complain("git-worker: standard input holds no request. This command is for the agent's own use.")
      return 64
    }
    guard let response = try? JSONEncoder().encode(perform(request)) else { return 70 }
    return write(response) ? 0 : 74
  }

  static func perform(_ request: WorkerRequest) -> WorkerResponse {
    do throws(WorkerFailure) {
      switch request.operation {
      case .fetch:
        // Twice, because the parts that a pack leaves out are appended to it.
        limit(RLIMIT_FSIZE, to: 2 * request.bounds.packBytes)
        return .fetched(try WorkerSession(request).fetch())
      case .push(let commit, let tip, let mayRewrite):
        return .pushed(
          try WorkerSession(request).push(commit, replacing: tip, mayRewrite: mayRewrite))
      case .check:
        _ = ProgressNotes(request.patience)
        try MirrorUpkeep(request.mirror).check(branch: request.branch)
        return .checked
      case .maintain(let maximumPacks):
        _ = ProgressNotes(request.patience)
        return .maintained(try MirrorUpkeep(request.mirror).consolidatePacks(over: maximumPacks))
      case .salvage(let aside):
        _ = ProgressNotes(request.patience)
        return .salvaged(try MirrorUpkeep(request.mirror).salvage(from: aside))
      }
    } catch {
      return .failed(error.response)
    }
  }

  private static func keepToItself() {
    limit(RLIMIT_DATA, to: memoryLimit)
    limit(RLIMIT_CPU, to: processorLimit)
    // Secrets are read in here: there is no core file, and nobody else looks into the memory.
    limit(RLIMIT_CORE, to: 0)
    _ = evenkeel_forbid_dumps()
    // A child that went away is an error of the write to it.
    signal(SIGPIPE, SIG_IGN)
    // So is a file that would become too large.
    signal(SIGXFSZ, SIG_IGN)
  }

  private static func limit(_ resource: __rlimit_resource, to value: Int) {
    var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
    setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
  }

  private static func readRequest() -> WorkerRequest? {
    var input = [UInt8](repeating: 0, count: WorkerSheet.requestLimit)
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
