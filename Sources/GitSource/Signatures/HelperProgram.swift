import CSpawn
import Effects
import Glibc
import Subprocess
import SystemPackage

/// A program of the host that is asked one question: it gets nothing of our environment, is killed at its deadline,
/// leaves no core file, and what it may answer is bounded.
struct HelperProgram: Sendable {
  /// The name of the program.
  let name: String
  /// Debian's package that has it.
  let package: String
  /// Where it is looked for.
  var folders = HelperProgram.usualFolders
  var deadline = Duration.seconds(20)

  static let usualFolders = ["/usr/bin", "/bin", "/usr/local/bin"]

  struct Answer: Sendable {
    /// The exit code; 128 and more for a signal.
    var status: Int32
    var output: String
    var complaints: String
  }

  private static let answerLimit = 256 << 10

  /// - Throws: `trust`, when the program is missing, cannot be started, or does not end in time.
  func run(_ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:])
    async throws(SourceError) -> Answer
  {
    guard let path = folders.map({ $0 + "/" + name }).first(where: { access($0, X_OK) == 0 }) else {
      throw SourceError(
        .trust, "the program \(name) is missing: install Debian's package \(package)")
    }
    switch await race(path, arguments, input, environment) {
    case .ended(let answer): return answer
    case .failed(let reason): throw SourceError(.trust, "\(name) failed: \(reason)")
    case .deadline: throw SourceError(.trust, "\(name) did not end within \(deadline.inWords)")
    }
  }

  private enum Ending: Sendable {
    case ended(Answer)
    case failed(String)
    case deadline
  }

  private func race(
    _ path: String, _ arguments: [String], _ input: [UInt8], _ environment: [String: String]
  ) async -> Ending {
    await withTaskGroup(of: Ending.self) { group in
      group.addTask { await start(path, arguments, input, environment) }
      group.addTask {
        do {
          try await Task.sleep(for: deadline)
          return .deadline
        } catch {
          return .failed("it was cancelled")
        }
      }
      let first = await group.next() ?? .deadline
      // Ends the timer, or kills the program; leaving the group waits until it is gone.
      group.cancelAll()
      return first
    }
  }

  private func start(
    _ path: String, _ arguments: [String], _ input: [UInt8], _ environment: [String: String]
  ) async -> Ending {
    var options = PlatformOptions()
    // No terminal: a program that would ask a person for a passphrase fails instead.
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
    ]
    var variables: [Environment.Key: String] = [
      "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    ]
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    do {
      let result = try await Subprocess.run(
        // One of them reads a private key: a crash leaves no core file.
        .path("/bin/sh"), arguments: Arguments(["-c", "ulimit -c 0 && exec \"$@\"", "sh", path] + arguments),
        environment: .custom(variables),
        workingDirectory: "/", platformOptions: options,
        input: .fileDescriptor(try namelessFile(holding: input), closeAfterSpawningProcess: true),
        output: .string(limit: Self.answerLimit), error: .string(limit: Self.answerLimit))
      let status: Int32 =
        switch result.terminationStatus {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
      return .ended(
        Answer(status: status, output: result.standardOutput, complaints: result.standardError))
    } catch {
      return .failed("\(error)")
    }
  }

  /// A file in memory that nobody else can open. (What is signed may be larger than a pipe holds, and swift-subprocess
  /// 1.0.2 ends our process when a child is gone before it has read everything.)
  private func namelessFile(holding bytes: [UInt8]) throws -> FileDescriptor {
    let descriptor = memfd_create("evenkeel-input", EVENKEEL_MFD_CLOEXEC)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    let file = FileDescriptor(rawValue: descriptor)
    do {
      _ = try file.writeAll(bytes)
      _ = try file.seek(offset: 0, from: .start)
      return file
    } catch {
      try file.close()
      throw error
    }
  }
}
