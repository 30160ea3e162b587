import Effects
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// Runs network operations, each in a child process of its own: a hang is killed when its deadline passes, and a
/// crash is an error message.
struct WorkerProcess: Sendable {
  /// The program to start; it must hand over to ``NetworkWorker`` when its first argument is `git-worker`.
  let executable: String
  let patience: Patience

  struct Patience: Sendable {
    /// How long a worker may go on without getting any further. A transfer gets further; nothing else does.
    var stall: Duration
    /// How long it may take in all.
    var whole: Duration

    init(stall: Duration, whole: Duration) {
      self.stall = stall
      self.whole = whole
    }

    /// One deadline, whatever happens.
    init(_ deadline: Duration) { self.init(stall: deadline, whole: deadline) }

    var inSeconds: WorkerRequest.Patience {
      .init(stall: Int(stall.components.seconds), whole: Int(whole.components.seconds))
    }
  }

  /// Answers are ids and messages: whatever is longer is not an answer.
  private static let outputLimit = 256 << 10

  /// - Parameter purpose: What is being done, for messages: "fetch https://…".
  func perform(_ request: WorkerRequest, purpose: String) async throws(WorkerLoss) -> WorkerResponse {
    let sheet: WorkerSheet
    do {
      sheet = try WorkerSheet(request: [UInt8](JSONEncoder().encode(request)))
    } catch {
      throw WorkerLoss(.mirror, "cannot \(purpose): the request cannot be written: \(error)")
    }
    switch await raceAgainstDeadline(sheet) {
    case .deadline(let reason):
      throw WorkerLoss(.timedOut, "cannot \(purpose): \(reason)", mayBeTheMirror: sheet.note() == nil)
    case .failed(let reason):
      throw WorkerLoss(.unreachable, "cannot \(purpose): \(reason)")
    case .ended(let status, let output, let complaints):
      guard status.isSuccess,
        let response = try? JSONDecoder().decode(WorkerResponse.self, from: Data(output))
      else {
        throw WorkerLoss(
          .unreachable, "cannot \(purpose): the network worker \(describe(status, complaints: complaints))",
          mayBeTheMirror: status.isCrash)
      }
      return response
    }
  }

  private enum Ending: Sendable {
    case ended(TerminationStatus, output: [UInt8], complaints: String)
    case failed(String)
    case deadline(String)
  }

  private func raceAgainstDeadline(_ sheet: WorkerSheet) async -> Ending {
    await withTaskGroup(of: Ending.self) { group in
      group.addTask { await run(sheet) }
      group.addTask { await patienceEnds(sheet) }
      let first = await group.next() ?? .failed("the operation was cancelled")
      // Ends the timer, or kills the child; leaving the group waits until it is gone.
      group.cancelAll()
      return first
    }
  }

  private func patienceEnds(_ sheet: WorkerSheet) async -> Ending {
    let start = monotonicMilliseconds()
    let end = start + patience.whole.inMilliseconds
    while true {
      let note = sheet.note()
      // No worker is believed that it got further in the future.
      let now = monotonicMilliseconds()
      let progress = min(max(start, Int(note?.time ?? 0)), now)
      let rest = min(progress + patience.stall.inMilliseconds, end) - now
      guard rest > 0 else { return .deadline(describe(note, isWholeOver: now >= end)) }
      do {
        try await Task.sleep(for: .milliseconds(rest))
      } catch {
        return .failed("the operation was cancelled")
      }
    }
  }

  private func describe(_ note: WorkerSheet.Note?, isWholeOver: Bool) -> String {
    guard let note else { return "no end after \(min(patience.stall, patience.whole).inWords)" }
    let received = inMebibytes(Int(clamping: note.received))
    return isWholeOver
      ? "no end after \(patience.whole.inWords) and \(received)"
      : "nothing more came for \(patience.stall.inWords), after \(received)"
  }

  private func run(_ sheet: WorkerSheet) async -> Ending {
    var options = PlatformOptions()
    // Its own process group, so that the end of the child is the end of everything it might have started.
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
    ]
    do {
      let result = try await Subprocess.run(
        .path(FilePath(executable)), arguments: ["git-worker"],
        // Nothing is inherited: neither secrets nor variables that change what Git does. A crash is to end it at
        // once, and its memory is not to be written to standard error.
        environment: .custom([
          "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no",
        ]),
        workingDirectory: "/", platformOptions: options,
        input: .fileDescriptor(try sheet.copy(), closeAfterSpawningProcess: true),
        output: .bytes(limit: Self.outputLimit), error: .string(limit: Self.outputLimit))
      return .ended(
        result.terminationStatus, output: result.standardOutput, complaints: result.standardError)
    } catch {
      return .failed("the network worker \(executable) failed: \(error)")
    }
  }

  private func describe(_ status: TerminationStatus, complaints: String) -> String {
    let ending =
      switch status {
      case .exited(0): "gave no understandable answer"
      case .exited(let code): "exited with status \(code)"
      case .signaled(SIGXCPU):
        "has computed for \(NetworkWorker.processorLimit / 60) min on what the remote sent, the limit"
      case .signaled(let signal): "was killed by signal \(signal)"
      }
    let lastWords = oneLine(complaints).suffix(500)
    return lastWords.isEmpty ? ending : "\(ending): \(lastWords)"
  }
}

/// A worker that gave no answer.
struct WorkerLoss: Error {
  var error: SourceError
  /// Whether a mirror that libgit2 cannot cope with would look the same: it crashes, or never comes to an end.
  var mayBeTheMirror: Bool

  init(_ kind: SourceError.Kind, _ message: String, mayBeTheMirror: Bool = false) {
    error = SourceError(kind, message)
    self.mayBeTheMirror = mayBeTheMirror
  }
}

extension TerminationStatus {
  /// Whether the program did something impossible. One that was killed did not.
  fileprivate var isCrash: Bool {
    guard case .signaled(let signal) = self else { return false }
    return [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGXCPU].contains(signal)
  }
}

extension Duration {
  fileprivate var inMilliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }

  /// For messages: `60 s`, `1.5 s`.
  var inWords: String {
    let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
    return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
