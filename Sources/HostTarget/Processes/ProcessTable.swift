import FoundationEssentials
import Glibc

/// One process for as long as the host runs: a pid alone is used again, a pid with its start time is not.
struct ProcessIdentity: Hashable, Codable, Sendable {
  var pid: Int32
  /// Clock ticks from the boot to its start: field 22 of `/proc/PID/stat`, see proc(5).
  var startTime: UInt64
}

/// The part of `/proc/PID/stat` that supervision needs.
struct ProcessStatus: Hashable, Sendable {
  var identity: ProcessIdentity
  var session: Int32
  /// Ended, and only waits for its parent to take note.
  var isZombie: Bool

  var isSessionLeader: Bool { identity.pid == session }

  /// Reads one line of `/proc/PID/stat`. The second field is the program's name in parentheses and may itself
  /// contain blanks and parentheses, so the fields are counted from the last closing one.
  init?(line: String) {
    guard let pid = line.prefix(while: { $0 != " " }).nonEmpty.flatMap({ Int32($0) }),
      let nameEnd = line.lastIndex(of: ")")
    else { return nil }
    let fields = line[line.index(after: nameEnd)...].split(separator: " ")
    // fields[0] is field 3 of proc(5).
    guard fields.count > 19, let session = Int32(fields[3]), let startTime = UInt64(fields[19])
    else { return nil }
    identity = ProcessIdentity(pid: pid, startTime: startTime)
    self.session = session
    isZombie = fields[0] == "Z" || fields[0] == "X"
  }
}

/// What the kernel knows about running processes. Reads `/proc`; nothing is remembered.
enum ProcessTable {
  /// The process that has this pid now; `nil` when there is none.
  static func status(of pid: Int32) -> ProcessStatus? {
    guard let bytes = readFile("/proc/\(pid)/stat", limit: 4096) else { return nil }
    return ProcessStatus(line: String(decoding: bytes, as: UTF8.self))
  }

  /// Whether this very process still runs.
  static func isRunning(_ identity: ProcessIdentity) -> Bool {
    guard let status = status(of: identity.pid) else { return false }
    return status.identity == identity && !status.isZombie
  }

  /// Every process of the host that has not ended.
  static func running() -> [ProcessStatus] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.compactMap(status(of:)).filter { !$0.isZombie }
  }

  /// Every running process that carries a marker of this state directory, with its marker.
  static func marked(stateDirectory: String) -> [(status: ProcessStatus, marker: Marker)] {
    running().compactMap { status in
      guard let environment = readFile("/proc/\(status.identity.pid)/environ", limit: 1 << 18),
        let marker = Marker(environment: environment), marker.stateDirectory == stateDirectory
      else { return nil }
      return (status, marker)
    }
  }

  /// Names the time between two boots of the host: identities of processes are valid within one.
  static func bootID() -> String {
    let bytes = readFile("/proc/sys/kernel/random/boot_id", limit: 64) ?? []
    return String(decoding: bytes, as: UTF8.self).filter { $0.isLetter || $0.isNumber }
  }
}

/// How a process says that it is ours: variables that it and all its descendants inherit. They are in place from
/// the first moment of its life, so that it can be found again even if the agent dies before noting its pid.
struct Marker: Hashable, Sendable {
  enum Role: Hashable, Sendable {
    case instance(String)
    case gateway
  }

  var role: Role
  /// The canonical path of the agent's state directory.
  var stateDirectory: String

  private static let instanceKey = "EVENKEEL_INSTANCE"
  private static let gatewayKey = "EVENKEEL_GATEWAY"
  private static let stateKey = "EVENKEEL_STATE"

  init(_ role: Role, stateDirectory: String) {
    self.role = role
    self.stateDirectory = stateDirectory
  }

  /// Finds the marker in the bytes of `/proc/PID/environ`.
  init?(environment: [UInt8]) {
    var values: [String: String] = [:]
    for entry in environment.split(separator: 0) where entry.starts(with: Array("EVENKEEL_".utf8)) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: entry[..<equals], as: UTF8.self)
      values[key] = String(decoding: entry[entry.index(after: equals)...], as: UTF8.self)
    }
    guard let state = values[Self.stateKey] else { return nil }
    stateDirectory = state
    if let id = values[Self.instanceKey] {
      role = .instance(id)
    } else if values[Self.gatewayKey] != nil {
      role = .gateway
    } else {
      return nil
    }
  }

  /// The variables to set. They win over whatever a manifest sets under the same names.
  var variables: [String: String] {
    switch role {
    case .instance(let id): [Self.instanceKey: id, Self.stateKey: stateDirectory]
    case .gateway: [Self.gatewayKey: "envoy", Self.stateKey: stateDirectory]
    }
  }
}

extension Substring {
  fileprivate var nonEmpty: Substring? { isEmpty ? nil : self }
}
