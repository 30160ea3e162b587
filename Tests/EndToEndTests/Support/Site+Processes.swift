import Foundation
import Testing

/// A process that the agent has started: its pid, and what it is.
struct StartedProcess: Hashable, Sendable {
  var pid: Int32
  /// The instance; `nil` for the gateway.
  var instance: String?
}

extension Site {
  /// All running processes that carry this site's marker.
  func processes() -> Set<StartedProcess> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return Set(names.compactMap { Int32($0) }.compactMap(startedProcess))
  }

  /// The processes of instances, by pid, whose instance is of this revision.
  func instances(of revision: String) -> Set<StartedProcess> {
    processes().filter { $0.instance?.contains("-\(short(revision))-") == true }
  }

  func envoy() throws -> Int32 {
    try #require(processes().first { $0.instance == nil }, "there is no Envoy").pid
  }

  private func startedProcess(_ pid: Int32) -> StartedProcess? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return nil }
    let variables = String(decoding: data, as: UTF8.self).split(separator: "\0")
    guard variables.contains("EVENKEEL_STATE=\(state)") else { return nil }
    let mark = "EVENKEEL_INSTANCE="
    let instance = variables.first { $0.hasPrefix(mark) }?.dropFirst(mark.count)
    return StartedProcess(pid: pid, instance: instance.map(String.init))
  }
}

/// The first twelve digits of a revision, as the gateway and the instances name it.
func short(_ revision: String) -> String {
  String((revision.split(separator: ":").last ?? "").prefix(12))
}
