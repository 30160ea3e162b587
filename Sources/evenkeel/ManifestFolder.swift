import FoundationEssentials
import GitSource
import Manifests

/// The manifests of folders and files on disk, by the rules by which they are read from Git: YAML files in any depth,
/// nothing hidden, no links followed, bounded in size and number.
struct ManifestFolder {
  private(set) var files: [ManifestFile] = []
  /// What was left out, and why.
  private var skipped: [Diagnostic] = []
  /// Files too large to be read: any model may be in them.
  private var unread: Set<String> = []
  private let limits = ManifestLimits()

  /// How many manifests there are, also those that are too large to be read.
  var found: Int { files.count + unread.count }
  private var bytes = 0

  /// Adds the manifests of a folder. Their names are relative to it, after `prefix`.
  mutating func add(folder: String, prefix: String = "") throws {
    try add(folder, prefix, depth: 0)
  }

  /// Adds one file by the name by which it was given.
  mutating func add(file: String) throws {
    do {
      try add(ManifestFile(path: file, bytes: Array(boundedContents(of: file))))
    } catch let failure as CommandFailure {
      throw CommandFailure("cannot read \(file): \(failure)")
    }
  }

  /// What all of them together ask for.
  func desired() -> DesiredState {
    var state = resolve(files.map(parse))
    state.unattributed.formUnion(unread)
    state.diagnostics = (state.diagnostics + skipped).sorted {
      ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column)
    }
    return state
  }

  private mutating func add(_ folder: String, _ prefix: String, depth: Int) throws {
    guard depth <= limits.depth else {
      throw CommandFailure("\(folder) is more than \(limits.depth) folders deep, the limit")
    }
    for name in try names(in: folder) where !name.hasPrefix(".") {
      let (path, shown) = (folder + "/" + name, prefix + name)
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      switch attributes?[.type] as? FileAttributeType {
      case .typeDirectory: try add(path, shown + "/", depth: depth + 1)
      case .typeSymbolicLink:
        skip(shown, .warning, "skipped: symbolic links are not followed")
      case .typeRegular where name.hasSuffix(".yaml") || name.hasSuffix(".yml"):
        try add(path, shown: shown, size: (attributes?[.size] as? Int) ?? 0)
      default: break
      }
    }
  }

  private mutating func add(_ path: String, shown: String, size: Int) throws {
    guard size <= limits.bytesPerFile else {
      unread.insert(shown)
      skip(
        shown, .error,
        "larger than \(limits.bytesPerFile >> 10) KiB, the limit for a manifest; split it up")
      return
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandFailure("cannot read \(path): permission denied")
    }
    try add(ManifestFile(path: shown, bytes: Array(data)))
  }

  private mutating func add(_ file: ManifestFile) throws {
    bytes += file.bytes.count
    guard files.count < limits.files, bytes <= limits.bytesInTotal else {
      throw CommandFailure(
        "there are more than \(limits.files) manifests or \(limits.bytesInTotal >> 20) MiB of them, the limit"
      )
    }
    files.append(file)
  }

  private mutating func skip(_ path: String, _ severity: Diagnostic.Severity, _ message: String) {
    skipped.append(Diagnostic(severity: severity, file: path, line: 1, column: 1, message: message))
  }

  private func names(in folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw CommandFailure("cannot read the folder \(folder)")
    }
  }
}

/// Whether a path leads to a folder; `nil` when there is nothing.
func isFolder(_ path: String) -> Bool? {
  var isDirectory = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) ? isDirectory : nil
}
