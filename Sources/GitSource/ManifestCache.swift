import CSpawn
import Dispatch
import FoundationEssentials
import Manifests
import Synchronization

/// Bounds on what is read from one tree. A repository beyond them is refused, not read in part.
package struct ManifestLimits: Sendable {
  package var files = 50_000
  package var folders = 50_000
  package var bytesPerFile = 1 << 20
  package var bytesInTotal = 256 << 20
  /// Folders within folders.
  package var depth = 32

  package init() {}
}

/// The work that one read took; what did not change takes none.
package struct ReadCounts: Hashable, Sendable {
  package var blobsRead = 0

  package init(blobsRead: Int = 0) {
    self.blobsRead = blobsRead
  }
}

/// Reads manifests from tree objects, and remembers: the last states by tree id, and the files of the last tree, against
/// which the next one is compared. Equal ids mean equal content, so nothing here can be stale.
struct ManifestCache {
  let limits: ManifestLimits
  /// What the last call of ``desired(in:of:)`` had to read.
  private(set) var lastRead = ReadCounts()

  /// The last states, newest last: the tip, and the trees that a write-back compares it with.
  private var states: [(tree: ObjectID, state: DesiredState)] = []
  private var baseline: Baseline?

  private static let rememberedStates = 4
  /// Bounds the bytes that are held between reading and parsing.
  private static let filesAtOnce = 512

  /// The tree that was read last.
  private struct Baseline {
    var tree: ObjectID
    var files: [String: File] = [:]
    /// Of all files that are not too large.
    var bytes = 0
    var resolution: Resolution
    /// What was skipped, and what is too large to be read.
    var diagnostics: [Diagnostic] = []
    var tooLarge: Set<String> = []
  }
  private struct File {
    var id: ObjectID
    var parsed: ParsedFile
    var size: Int
  }

  init(limits: ManifestLimits) {
    self.limits = limits
  }

  /// The desired state in a folder's tree.
  mutating func desired(in tree: ObjectID, of mirror: Mirror) throws(ReadFailure) -> DesiredState {
    lastRead = ReadCounts()
    if let known = states.first(where: { $0.tree == tree }) { return known.state }
    if try !follow(to: tree, of: mirror) { try readAll(of: tree, of: mirror) }
    guard let baseline else { return DesiredState() }
    var state = baseline.resolution.state
    add(baseline, to: &state)
    states.append((tree, state))
    if states.count > Self.rememberedStates { states.removeFirst() }
    return state
  }

  // MARK: What has changed

  /// Takes over the files in which a tree differs from the last one.
  ///
  /// - Returns: Whether that could be done; if not, everything is to be gone through.
  private mutating func follow(to tree: ObjectID, of mirror: Mirror) throws(ReadFailure) -> Bool {
    // A mirror that was made anew may lack the last tree. That is no damage.
    guard var baseline, baseline.tooLarge.isEmpty, mirror.contains(baseline.tree),
      let changes = try? mirror.changes(from: baseline.tree, to: tree),
      let manifests = manifests(among: changes)
    else { return false }
    let wanted = manifests.compactMap { change in change.after.map { Key(path: change.path, id: $0.id) } }
    let files = try read(wanted, of: mirror)
    guard files.count == wanted.count else { return false }
    // Held here alone, so that it is changed where it is.
    self.baseline = nil
    var differences: [Resolution.Change] = []
    for change in manifests {
      let before = baseline.files.removeValue(forKey: change.path)
      let after = files[change.path]
      baseline.files[change.path] = after
      baseline.bytes += (after?.size ?? 0) - (before?.size ?? 0)
      differences.append(Resolution.Change(before: before?.parsed, after: after?.parsed))
    }
    guard baseline.files.count <= limits.files, baseline.bytes <= limits.bytesInTotal else { return false }
    baseline.resolution.apply(differences) { baseline.files.values.map(\.parsed) }
    baseline.tree = tree
    self.baseline = baseline
    return true
  }

  /// The changes that are to manifests; `nil` when one is to something that has to be warned of, or too deep.
  private func manifests(among changes: [FileChange]) -> [FileChange]? {
    var manifests: [FileChange] = []
    for change in changes {
      let components = change.path.split(separator: "/")
      // Hidden files and folders are none of ours.
      if components.contains(where: { $0.hasPrefix(".") }) { continue }
      guard components.count <= limits.depth,
        [change.before, change.after].allSatisfy({ $0 == nil || $0?.mode == .file })
      else { return nil }
      if isManifest(change.path) { manifests.append(change) }
    }
    return manifests
  }

  // MARK: Everything

  private struct Key {
    var path: String
    var id: ObjectID
  }

  /// What the walk through one tree found.
  private struct Walk {
    var files: [Key] = []
    var diagnostics: [Diagnostic] = []
    var budget: TreeBudget
  }

  /// Goes through a whole tree. Files that the last one had, too, are not read again.
  private mutating func readAll(of tree: ObjectID, of mirror: Mirror) throws(ReadFailure) {
    var walk = Walk(budget: TreeBudget(folders: limits.folders))
    try collect(Key(path: "", id: tree), depth: 0, of: mirror, into: &walk)
    var files: [String: File] = [:]
    files.reserveCapacity(walk.files.count)
    var unknown: [Key] = []
    for key in walk.files {
      if let known = baseline?.files[key.path], known.id == key.id {
        files[key.path] = known
      } else {
        unknown.append(key)
      }
    }
    for start in stride(from: 0, to: unknown.count, by: Self.filesAtOnce) {
      let part = Array(unknown[start..<min(start + Self.filesAtOnce, unknown.count)])
      files.merge(try read(part, of: mirror)) { $1 }
    }
    let bytes = files.values.reduce(0) { $0 + $1.size }
    guard bytes <= limits.bytesInTotal else {
      throw .tooLarge("the manifests are more than \(limits.bytesInTotal >> 20) MiB together, the limit")
    }
    // Before the new one is made, so that the two are not in memory together.
    baseline = nil
    baseline = Baseline(
      tree: tree, files: files, bytes: bytes, resolution: Resolution(files.values.map(\.parsed)),
      diagnostics: walk.diagnostics,
      tooLarge: Set(walk.files.map(\.path).filter { files[$0] == nil }))
    // Reading thousands of files leaves much of the heap free, and nobody needs as much again soon.
    if unknown.count > Self.filesAtOnce { evenkeel_trim_heap() }
  }

  private func collect(
    _ key: Key, depth: Int, of mirror: Mirror, into walk: inout Walk
  ) throws(ReadFailure) {
    guard depth <= limits.depth else {
      throw .tooLarge("\(key.path) is more than \(limits.depth) folders deep, the limit")
    }
    var folders: [Key] = []
    let entries = try ReadFailure.wrap { () throws(GitFailure) in try mirror.entries(of: key.id) }
    guard walk.budget.enter(key.path, depth: depth, entries: entries.count) else { throw tooManyFolders }
    for entry in entries {
      sort(entry, from: key.path, into: &walk, folders: &folders)
      guard folders.count <= walk.budget.folders else { throw tooManyFolders }
      guard walk.files.count <= limits.files, walk.diagnostics.count <= limits.files else {
        throw .tooLarge("there are more than \(limits.files) manifests or links, the limit")
      }
    }
    for folder in folders {
      try collect(folder, depth: depth + 1, of: mirror, into: &walk)
    }
  }

  private var tooManyFolders: ReadFailure {
    .tooLarge(
      "there are more than \(limits.folders) folders or \(TreeBudget.mostEntries) files, the limit; "
        + "or the path of one is too long")
  }

  private func sort(_ entry: TreeEntry, from parent: String, into walk: inout Walk, folders: inout [Key]) {
    guard let name = entry.name else {
      let place = parent.isEmpty ? "." : parent
      walk.diagnostics.append(
        warning(place, "skipped an entry whose name is not UTF-8, or none that a file can have"))
      return
    }
    // Hidden files and folders (`.github`, `.pre-commit-config.yaml`) configure other tools.
    if name.hasPrefix(".") { return }
    let path = parent.isEmpty ? name : parent + "/" + name
    let key = Key(path: path, id: entry.id)
    switch entry.mode {
    case .folder: folders.append(key)
    case .file: if isManifest(name) { walk.files.append(key) }
    case .link: walk.diagnostics.append(warning(path, "skipped: symbolic links are not followed"))
    case .submodule: walk.diagnostics.append(warning(path, "skipped: submodules are not read"))
    }
  }

  private func isManifest(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

  private func warning(_ path: String, _ message: String) -> Diagnostic {
    Diagnostic(severity: .warning, file: path, line: 1, column: 1, message: message)
  }

  // MARK: Files

  /// Reads and parses files; without those that are too large.
  private mutating func read(_ keys: [Key], of mirror: Mirror) throws(ReadFailure) -> [String: File] {
    var unread: [Key] = []
    var contents: [ManifestFile] = []
    for key in keys {
      let size = try ReadFailure.wrap { () throws(GitFailure) in try mirror.size(of: key.id) }
      guard size <= limits.bytesPerFile else { continue }
      let bytes = try ReadFailure.wrap { () throws(GitFailure) in try mirror.bytes(of: key.id) }
      lastRead.blobsRead += 1
      unread.append(key)
      contents.append(ManifestFile(path: key.path, bytes: bytes))
    }
    var files: [String: File] = [:]
    for (index, parsed) in parseConcurrently(contents).enumerated() {
      files[unread[index].path] = File(
        id: unread[index].id, parsed: parsed, size: contents[index].bytes.count)
    }
    return files
  }

  /// Nobody knows which models are in a file that was not read, so none may be taken for deleted.
  private func add(_ baseline: Baseline, to state: inout DesiredState) {
    guard !baseline.diagnostics.isEmpty || !baseline.tooLarge.isEmpty else { return }
    state.diagnostics += baseline.diagnostics
    for path in baseline.tooLarge {
      state.unattributed.insert(path)
      state.diagnostics.append(
        Diagnostic(
          file: path, line: 1, column: 1,
          message: "larger than \(limits.bytesPerFile >> 10) KiB, the limit for a manifest; split it up"))
    }
    state.diagnostics.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
  }
}

/// Why a tree of manifests could not be read.
enum ReadFailure: Error {
  case git(GitFailure)
  case tooLarge(String)

  static func wrap<Result>(_ work: () throws(GitFailure) -> Result) throws(ReadFailure) -> Result {
    do { return try work() } catch { throw .git(error) }
  }
}

/// Parses files on all processors; the result is in the order of `files`.
private func parseConcurrently(_ files: [ManifestFile]) -> [ParsedFile] {
  let workers = min(ProcessInfo.processInfo.activeProcessorCount, files.count / 16)
  guard workers > 1 else { return files.map(parse) }
  let results = Mutex<[(index: Int, parsed: ParsedFile)]>([])
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    let part = stride(from: worker, to: files.count, by: workers).map { ($0, parse(files[$0])) }
    results.withLock { $0 += part }
  }
  return results.withLock { $0 }.sorted { $0.index < $1.index }.map(\.parsed)
}
