import YAML

/// All resources of one kind by name, over all files.
struct Registry<Spec: Sendable> {
  struct Entry {
    /// Index of the file.
    let file: Int
    let name: Located<String>
    /// `nil` when the resource has errors, or its name is taken twice.
    var declaration: Declaration<Spec>?
  }

  /// What messages call such a resource.
  let noun: String
  /// In the order of files and lines.
  private(set) var entries: [Entry] = []
  /// Declarations without errors of their own whose name is taken twice.
  private(set) var duplicates: [(file: Int, declaration: Declaration<Spec>)] = []
  private var indices: [String: Int] = [:]

  /// Collects the resources of a kind. A name that occurs again makes both resources unusable, since which of
  /// them is meant cannot be known; the complaint stands at the later one and names the place of the first.
  init(
    _ kind: Kind<Spec>, noun: String, in files: [ParsedFile],
    _ list: (ParsedFile) -> [Declaration<Spec>], _ complaints: inout Complaints
  ) {
    self.noun = noun
    // By index, since the files are many and copying one costs more than looking at it.
    for file in files.indices {
      let declarations = list(files[file])
      if files[file].broken.isEmpty {
        for declaration in declarations {
          insert(Entry(file: file, name: declaration.name, declaration: declaration), &complaints)
        }
      } else {
        let broken = files[file].broken.filter { $0.kind == kind.name }
        let found =
          declarations.map { Entry(file: file, name: $0.name, declaration: $0) }
          + broken.map { Entry(file: file, name: $0.name, declaration: nil) }
        for entry in found.sorted(by: { $0.name.position < $1.name.position }) { insert(entry, &complaints) }
      }
    }
  }

  private mutating func insert(_ entry: Entry, _ complaints: inout Complaints) {
    guard let first = indices[entry.name.value] else {
      indices[entry.name.value] = entries.count
      entries.append(entry)
      return
    }
    for case (let file, let declaration?) in [entries[first], entry].map({ ($0.file, $0.declaration) }) {
      duplicates.append((file, declaration))
    }
    entries[first].declaration = nil
    complaints.report(
      "the \(noun) `\(entry.name.value)` is already declared at \(complaints.place(of: entries[first]))",
      file: entry.file, at: entry.name.position, suggestion: "rename or remove one of the two")
  }

  /// The index of what a reference means, whether or not that can be used; complains when there is none.
  func existing(_ reference: Located<String>, from file: Int, _ complaints: inout Complaints) -> Int? {
    if let index = indices[reference.value] { return index }
    let suggestion = complaints.suggestion(for: reference.value, noun: noun) { indices.keys }
    complaints.report(
      "there is no \(noun) `\(reference.value)`", file: file, at: reference.position, suggestion: suggestion)
    return nil
  }

  /// The declaration that a reference means; complains when there is none that can be used.
  func find(
    _ reference: Located<String>, from file: Int, _ complaints: inout Complaints
  ) -> Declaration<Spec>? {
    guard let index = existing(reference, from: file, &complaints) else { return nil }
    if let declaration = entries[index].declaration { return declaration }
    complaints.report(
      "the \(noun) `\(reference.value)` at \(complaints.place(of: entries[index])) has errors",
      file: file, at: reference.position)
    return nil
  }
}

/// The complaints about several files together.
struct Complaints {
  let files: [ParsedFile]
  private(set) var diagnostics: [Diagnostic] = []
  /// Whether anything was reported that is not only warned of, beside what is wrong with files by themselves.
  private(set) var haveErrors = false
  private var sourceLines: [Int: SourceLines] = [:]
  private var suggestions: [String: String?] = [:]

  init(_ files: [ParsedFile]) {
    self.files = files
    for file in files.indices where !files[file].diagnostics.isEmpty {
      diagnostics += files[file].diagnostics
    }
  }

  mutating func report(
    _ message: String, file: Int, at position: Position, suggestion: String? = nil,
    severity: Diagnostic.Severity = .error
  ) {
    if severity == .error { haveErrors = true }
    let lines = sourceLines[file] ?? SourceLines(files[file].bytes)
    sourceLines[file] = lines
    diagnostics.append(
      Diagnostic(
        severity: severity, file: files[file].path, line: position.line, column: position.column,
        message: message,
        suggestion: suggestion, sourceLine: lines[position.line]))
  }

  /// `FILE:LINE:COLUMN` of a resource.
  func place<Spec>(of entry: Registry<Spec>.Entry) -> String {
    place(file: entry.file, entry.name.position)
  }

  func place(file: Int, _ position: Position) -> String {
    "\(files[file].path):\(position.line):\(position.column)"
  }

  /// A similar name. Looking for one costs a comparison with every candidate, so only the first hundred
  /// different names that are missing get one.
  mutating func suggestion(
    for name: String, noun: String, among candidates: () -> some Sequence<String>
  ) -> String? {
    let most = 100
    let key = "\(noun) \(name)"
    if let known = suggestions[key] { return known }
    guard suggestions.count < most else { return nil }
    let suggestion = didYouMean(name, among: candidates())
    suggestions[key] = .some(suggestion)
    return suggestion
  }
}
