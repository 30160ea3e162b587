import Effects
import FoundationEssentials
import Subprocess
import SystemPackage

/// Runs network operations, each in a child process of its own: a hang is killed when its deadline passes, and a
/// crash is an error message.
struct WorkerProcess: Sendable {
  /// The program to start; it must hand over to ``NetworkWorker`` when its first argument is `git-worker`.
  let executable: String
  let deadline: Duration

  /// Answers are ids and messages: whatever is longer is not an answer.
  private static let outputLimit = 256 << 10

  /// - Parameter purpose: What is being done, for messages: "fetch https://…".
  func perform(_ request: WorkerRequest, purpose: String) async throws(SourceError) -> WorkerResponse {
    let input: [UInt8]
    do {
      input = try [UInt8](JSONEncoder().encode(request))
    } catch {
      throw SourceError(.mirror, "cannot \(purpose): the request cannot be written: \(error)")
    }
    switch await raceAgainstDeadline(input) {
    case .deadline:
      throw SourceError(.timedOut, "cannot \(purpose): no end after \(deadline.inWords)")
    case .failed(let reason):
      throw SourceError(.unreachable, "cannot \(purpose): \(reason)")
    case .ended(let status, let output, let complaints):
      guard status.isSuccess,
        let response = try? JSONDecoder().decode(WorkerResponse.self, from: Data(output))
      else {
        throw SourceError(
          .unreachable, "cannot \(purpose): the network worker \(describe(status, complaints: complaints))")
      }
      return response
    }
  }

  private enum Ending: Sendable {
    case ended(TerminationStatus, output: [UInt8], complaints: String)
    case failed(String)
    case deadline
  }

  private func raceAgainstDeadline(_ input: [UInt8]) async -> Ending {
    await withTaskGroup(of: Ending.self) { group in
      group.addTask { await run(input) }
      group.addTask {
        do {
          try await Task.sleep(for: deadline)
          return .deadline
        } catch {
          return .failed("the operation was cancelled")
        }
      }
      let first = await group.next() ?? .deadline
      // Ends the timer, or kills the child; leaving the group waits until it is gone.
      group.cancelAll()
      return first
    }
  }

  private func run(_ input: [UInt8]) async -> Ending {
    var options = PlatformOptions()
    // Its own process group, so that the end of the child is the end of everything it might have started.
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
    ]
    do {
      let request = try Self.pipe(holding: input)
      let result = try await Subprocess.run(
        .path(FilePath(executable)), arguments: ["git-worker"],
        // Nothing is inherited: neither secrets nor variables that change what Git does.
        environment: .custom(["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]),
        workingDirectory: "/", platformOptions: options,
        input: .fileDescriptor(request, closeAfterSpawningProcess: true),
        output: .bytes(limit: Self.outputLimit), error: .string(limit: Self.outputLimit))
      return .ended(
        result.terminationStatus, output: result.standardOutput, complaints: result.standardError)
    } catch {
      return .failed("the network worker \(executable) failed: \(error)")
    }
  }

  /// The reading end of a pipe that already has all of the request in it.
  ///
  /// swift-subprocess 1.0.2 can write an array itself, but ends our process when the child is gone before it has
  /// read everything.
  private static func pipe(holding bytes: [UInt8]) throws -> FileDescriptor {
    // What a pipe holds without a reader, on every Linux since 2.6.11.
    guard bytes.count < 65_536 else { throw Errno.fileTooLarge }
    let ends = try FileDescriptor.pipe()
    do {
      try ends.writeEnd.closeAfter { _ = try ends.writeEnd.writeAll(bytes) }
      return ends.readEnd
    } catch {
      try ends.readEnd.close()
      throw error
    }
  }

  private func describe(_ status: TerminationStatus, complaints: String) -> String {
    let ending =
      switch status {
      case .exited(0): "gave no understandable answer"
      case .exited(let code): "exited with status \(code)"
      case .signaled(let signal): "was killed by signal \(signal)"
      }
    let lastWords = oneLine(complaints).suffix(500)
    return lastWords.isEmpty ? ending : "\(ending): \(lastWords)"
  }
}

extension Duration {
  /// For messages: `60 s`, `1.5 s`.
  var inWords: String {
    let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
    return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
