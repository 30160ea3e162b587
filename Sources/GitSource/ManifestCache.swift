import Dispatch
import FoundationEssentials
import Manifests
import Synchronization

/// Bounds on what is read from one tree. A repository beyond them is refused, not read in part.
package struct ManifestLimits: Sendable {
  package var files = 50_000
  package var bytesPerFile = 1 << 20
  package var bytesInTotal = 256 << 20
  /// Folders within folders.
  package var depth = 32

  package init() {}
}

/// The work that one read took; what did not change takes none.
package struct ReadCounts: Hashable, Sendable {
  package var treesRead = 0
  package var blobsRead = 0

  package init(treesRead: Int = 0, blobsRead: Int = 0) {
    self.treesRead = treesRead
    self.blobsRead = blobsRead
  }
}

/// Reads manifests from tree objects, and remembers: whole states by tree id, folders by path and tree id, files by
/// path and blob id. Equal ids mean equal content, so nothing here can be stale.
struct ManifestCache {
  let limits: ManifestLimits
  /// What the last call of ``desired(in:of:)`` had to read.
  private(set) var lastRead = ReadCounts()

  /// The last states, newest last: the tip, and the trees that a write-back compares it with.
  private var states: [(tree: ObjectID, state: DesiredState)] = []
  private var folders: [Key: Remembered<Folder>] = [:]
  private var files: [Key: Remembered<File>] = [:]
  /// Counts reads, so that what was not used for long can be forgotten.
  private var generation = 0

  private static let rememberedStates = 4
  private static let rememberedGenerations = 8
  /// Bounds the bytes that are held between reading and parsing.
  private static let filesAtOnce = 512

  private struct Key: Hashable {
    var path: String
    var id: ObjectID

    // The id is a hash already, and the path rarely tells two keys apart that the id does not.
    func hash(into hasher: inout Hasher) { hasher.combine(id) }
  }
  private struct Remembered<Value> {
    var value: Value
    var usedIn: Int
  }
  /// What is directly in a folder.
  private struct Folder {
    var files: [Key] = []
    var folders: [Key] = []
    var skipped: [Diagnostic] = []
  }
  private struct File {
    var parsed: ParsedFile
    var size: Int
  }
  /// What the walk through one tree found.
  private struct Walk {
    var files: [Key] = []
    var diagnostics: [Diagnostic] = []
  }

  init(limits: ManifestLimits) {
    self.limits = limits
  }

  /// The desired state in a folder's tree.
  mutating func desired(in tree: ObjectID, of mirror: Mirror) throws(ReadFailure) -> DesiredState {
    lastRead = ReadCounts()
    if let known = states.first(where: { $0.tree == tree }) { return known.state }
    generation += 1
    var walk = Walk()
    try collect(Key(path: "", id: tree), depth: 0, of: mirror, into: &walk)
    try read(walk.files, of: mirror)
    let (parsed, tooLarge) = try take(walk.files)
    var state = resolve(parsed)
    add(walk.diagnostics, tooLarge: tooLarge, to: &state)
    remember(state, of: tree)
    return state
  }

  // MARK: Folders

  private mutating func collect(
    _ key: Key, depth: Int, of mirror: Mirror, into walk: inout Walk
  ) throws(ReadFailure) {
    guard depth <= limits.depth else {
      throw .tooLarge("\(key.path) is more than \(limits.depth) folders deep, the limit")
    }
    let folder = try folder(key, of: mirror)
    walk.files += folder.files
    walk.diagnostics += folder.skipped
    guard walk.files.count <= limits.files else {
      throw .tooLarge("there are more than \(limits.files) manifests, the limit")
    }
    for subfolder in folder.folders {
      try collect(subfolder, depth: depth + 1, of: mirror, into: &walk)
    }
  }

  private mutating func folder(_ key: Key, of mirror: Mirror) throws(ReadFailure) -> Folder {
    if let known = folders[key]?.value {
      folders[key]?.usedIn = generation
      return known
    }
    var folder = Folder()
    for entry in try ReadFailure.wrap({ () throws(GitFailure) in try mirror.entries(of: key.id) }) {
      sort(entry, from: key.path, into: &folder)
    }
    lastRead.treesRead += 1
    folders[key] = Remembered(value: folder, usedIn: generation)
    return folder
  }

  private func sort(_ entry: TreeEntry, from parent: String, into folder: inout Folder) {
    guard let name = entry.name else {
      let place = parent.isEmpty ? "." : parent
      folder.skipped.append(warning(place, "skipped an entry whose name is not UTF-8"))
      return
    }
    // Hidden files and folders (`.github`, `.pre-commit-config.yaml`) configure other tools.
    if name.hasPrefix(".") { return }
    let path = parent.isEmpty ? name : parent + "/" + name
    let key = Key(path: path, id: entry.id)
    switch entry.mode {
    case .folder: folder.folders.append(key)
    case .file where name.hasSuffix(".yaml") || name.hasSuffix(".yml"): folder.files.append(key)
    case .file: break
    case .link: folder.skipped.append(warning(path, "skipped: symbolic links are not followed"))
    case .submodule: folder.skipped.append(warning(path, "skipped: submodules are not read"))
    }
  }

  private func warning(_ path: String, _ message: String) -> Diagnostic {
    Diagnostic(severity: .warning, file: path, line: 1, column: 1, message: message)
  }

  // MARK: Files

  /// Reads and parses what is not remembered yet, a bounded number of files at a time.
  private mutating func read(_ keys: [Key], of mirror: Mirror) throws(ReadFailure) {
    var unknown: [Key] = []
    for key in keys {
      if let index = files.index(forKey: key) {
        files.values[index].usedIn = generation
      } else {
        unknown.append(key)
      }
    }
    for start in stride(from: 0, to: unknown.count, by: Self.filesAtOnce) {
      try readUnknown(unknown[start..<min(start + Self.filesAtOnce, unknown.count)], of: mirror)
    }
  }

  private mutating func readUnknown(_ keys: ArraySlice<Key>, of mirror: Mirror) throws(ReadFailure) {
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
    for (index, parsed) in parseConcurrently(contents).enumerated() {
      let file = File(parsed: parsed, size: contents[index].bytes.count)
      files[unread[index]] = Remembered(value: file, usedIn: generation)
    }
  }

  /// The parsed files in the order of `keys`, and those that were too large to be read.
  private func take(_ keys: [Key]) throws(ReadFailure) -> (parsed: [ParsedFile], tooLarge: [Key]) {
    var parsed: [ParsedFile] = []
    parsed.reserveCapacity(keys.count)
    var tooLarge: [Key] = []
    var total = 0
    for key in keys {
      guard let file = files[key]?.value else {
        tooLarge.append(key)
        continue
      }
      total += file.size
      guard total <= limits.bytesInTotal else {
        throw .tooLarge("the manifests are more than \(limits.bytesInTotal >> 20) MiB together, the limit")
      }
      parsed.append(file.parsed)
    }
    return (parsed, tooLarge)
  }

  /// Nobody knows which models are in a file that was not read, so none may be taken for deleted.
  private func add(_ diagnostics: [Diagnostic], tooLarge: [Key], to state: inout DesiredState) {
    guard !diagnostics.isEmpty || !tooLarge.isEmpty else { return }
    state.diagnostics += diagnostics
    for key in tooLarge {
      state.unattributed.insert(key.path)
      state.diagnostics.append(
        Diagnostic(
          file: key.path, line: 1, column: 1,
          message: "larger than \(limits.bytesPerFile >> 10) KiB, the limit for a manifest; split it up"))
    }
    state.diagnostics.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
  }

  // MARK: Forgetting

  private mutating func remember(_ state: DesiredState, of tree: ObjectID) {
    states.append((tree, state))
    if states.count > Self.rememberedStates { states.removeFirst() }
    let oldest = generation - Self.rememberedGenerations
    guard oldest > 0 else { return }
    folders = folders.filter { $0.value.usedIn > oldest }
    files = files.filter { $0.value.usedIn > oldest }
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
