import Effects
import FoundationEssentials
import Vocabulary

/// The folders of the instances: `STATE/instances/ID` holds the logs, which outlive the instance, and while it is
/// known `home` (its HOME) and `process` (who it is).
struct InstanceFolders: Sendable {
  let root: String
  /// So many folders of forgotten instances are kept for their logs.
  var keptFolders = 50
  /// How much of each log is kept.
  var keptLogBytes = 8 << 20

  init(stateDirectory: String) { root = stateDirectory + "/instances" }

  func folder(of id: InstanceID) -> String { "\(root)/\(id)" }
  func home(of id: InstanceID) -> String { "\(folder(of: id))/home" }
  func log(of id: InstanceID) -> LogFile {
    LogFile(path: "\(folder(of: id))/log", keptBytes: keptLogBytes)
  }
  private func record(of id: InstanceID) -> String { "\(folder(of: id))/process" }

  /// Who an instance is: the second way to find it, for servers that overwrite their environment with a title.
  private struct Record: Codable {
    var process: ProcessIdentity
    var boot: String
  }

  func note(_ process: ProcessIdentity, of id: InstanceID) throws {
    let record = Record(process: process, boot: ProcessTable.bootID())
    try replaceFile(self.record(of: id), with: Array(JSONEncoder().encode(record)))
  }

  /// The processes that were noted in this boot and still run.
  func notedProcesses() -> [InstanceID: ProcessIdentity] {
    let boot = ProcessTable.bootID()
    var found: [InstanceID: ProcessIdentity] = [:]
    for id in knownFolders() {
      guard let bytes = readFile(record(of: id), limit: 4096),
        let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)),
        record.boot == boot, ProcessTable.isRunning(record.process)
      else { continue }
      found[id] = record.process
    }
    return found
  }

  /// Removes all but the logs.
  func discard(_ id: InstanceID) {
    try? FileManager.default.removeItem(atPath: home(of: id))
    try? FileManager.default.removeItem(atPath: record(of: id))
  }

  /// Removes the oldest folders of instances that are not in `current`.
  func prune(except current: Set<InstanceID>) {
    let dated = knownFolders().filter { !current.contains($0) }.map { id in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder(of: id))
      return (id, attributes?[.modificationDate] as? Date ?? .distantPast)
    }
    for (id, _) in dated.sorted(by: { $0.1 > $1.1 }).dropFirst(keptFolders) {
      try? FileManager.default.removeItem(atPath: folder(of: id))
    }
  }

  private func knownFolders() -> [InstanceID] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.map { InstanceID($0) }
  }
}
