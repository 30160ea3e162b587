import Dispatch
import Foundation
import Glibc
import SystemPackage

/// `make demo`: a good model is promoted, a bad one is caught, taken off traffic and reverted in Git.
@main
enum Demo {
  static func main() async {
    var signals: [any DispatchSourceSignal] = []
    let interruptions = interruptions(keepingAlive: &signals)
    exit(await run(until: interruptions))
  }

  /// Tells the story, or stops at a signal; leaves no process and no file either way.
  private static func run(until interruptions: AsyncStream<Int32>) async -> Int32 {
    let workplace: Workplace
    do {
      workplace = try Workplace.create()
    } catch {
      printError("error: \(error)")
      return 1
    }
    var status: Int32 = 0
    do {
      try await doing {
        try await Story(at: workplace, on: Screen()).tell()
      } while: {
        for await signal in interruptions { throw Interrupted(signal: signal) }
        throw CancellationError()
      }
    } catch let interrupted as Interrupted {
      printError("\ninterrupted: cleaning up")
      status = 128 + interrupted.signal
    } catch {
      printError("\nerror: \(error)")
      let log = AgentClient(at: workplace).logTail(lines: 30)
      if !log.isEmpty { printError("\nThe agent's last words:\n\(log)") }
      status = 1
    }
    await endProcesses(ofState: workplace.state.string)
    do {
      // Verified artifacts are read-only folders, which have to be opened before their files can go.
      try makeWritable(workplace.folder.string)
      try FileManager.default.removeItem(atPath: workplace.folder.string)
    } catch {
      printError("could not remove \(workplace.folder): \(error)")
      status = max(status, 1)
    }
    return status
  }

  private struct Interrupted: Error {
    let signal: Int32
  }

  /// The signals that ask the demo to stop. They do not end the process: the clean-up comes first.
  private static func interruptions(
    keepingAlive sources: inout [any DispatchSourceSignal]
  ) -> AsyncStream<Int32> {
    let (stream, continuation) = AsyncStream<Int32>.makeStream()
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
    // `make demo | head` must clean up too.
    signal(SIGPIPE, SIG_IGN)
    return stream
  }

  private static func makeWritable(_ folder: String) throws {
    let files = FileManager.default
    for path in try files.subpathsOfDirectory(atPath: folder) {
      let attributes = try files.attributesOfItem(atPath: "\(folder)/\(path)")
      guard attributes[.type] as? FileAttributeType == .typeDirectory else { continue }
      try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(folder)/\(path)")
    }
  }
}
