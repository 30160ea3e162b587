import Foundation
import Synchronization
import TestSupport

/// One life of the agent, as a service manager would run it: the built executable, with a log of its own.
final class AgentProcess: Sendable {
  let log: String
  private let process = Process()

  init(_ program: String, arguments: [String], environment: [String: String], log: String) throws {
    self.log = log
    try write("", to: log)
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    let output = try FileHandle(forWritingTo: URL(filePath: log))
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try output.close()
  }

  var isRunning: Bool { process.isRunning }
  var pid: Int32 { process.processIdentifier }

  /// As a crash would: nothing of it gets to run any more.
  func crash() async throws {
    kill(pid, SIGKILL)
    try await end()
  }

  /// As a service manager would.
  func terminate() async throws {
    kill(pid, SIGTERM)
    try await end()
  }

  /// Waits until it has ended by itself; answers its status.
  @discardableResult
  func end() async throws -> Int32 {
    try await eventually("the agent ends", within: .seconds(30)) { !process.isRunning }
    return process.terminationStatus
  }

  func words() -> String {
    String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
  }

  /// Ends it whatever it does; for the end of a test.
  func discard() {
    guard process.isRunning else { return }
    kill(pid, SIGKILL)
    process.waitUntilExit()
  }
}
