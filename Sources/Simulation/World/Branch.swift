import Effects
import Manifests
import Planning
import Vocabulary

/// The remote's branch and the agent's mirror of it, in one.
struct Branch {
  struct Commit {
    var id: CommitID
    var parents: [CommitID]
    var message: String
    var tree: TreeID
    /// Whether the agent has written it.
    var isOurs = false
  }

  private struct Snapshot {
    var tree: Tree
    var desired: DesiredState
    var revisions: [ModelName: Revision]
  }

  private var commits: [CommitID: Commit] = [:]
  private var snapshots: [Snapshot] = []
  /// The version that each revision is of.
  private(set) var versions: [Revision: Int] = [:]
  /// What a text that was read from a file stands for.
  private var documents: [String: Document] = [:]
  var tip: CommitID
  /// The tip as of the agent's last fetch.
  var mirrored: CommitID?

  init(_ tree: Tree) {
    tip = CommitID(rawValue: "")
    let id = intern(tree)
    tip = add(parents: [], "Begin", id, isOurs: false)
  }

  // MARK: Reading

  func commit(_ id: CommitID) -> Commit? { commits[id] }

  func tree(_ id: TreeID) -> Tree? { snapshot(id)?.tree }

  func tree(at commit: CommitID) -> Tree { commits[commit].flatMap { tree($0.tree) } ?? Tree() }

  func desired(in tree: TreeID) -> DesiredState? { snapshot(tree)?.desired }

  func desired(at commit: CommitID) -> DesiredState? { commits[commit].flatMap { desired(in: $0.tree) } }

  /// The revision that a commit asks for; `nil` when it asks for none that can be read.
  func revision(of model: ModelName, at commit: CommitID) -> Revision? {
    commits[commit].flatMap { snapshot($0.tree)?.revisions[model] }
  }

  /// The commit before, on the first-parent line.
  func parent(of commit: CommitID) -> CommitID? { commits[commit]?.parents.first }

  /// The first-parent line from a commit backwards.
  func line(from commit: CommitID, downTo base: CommitID? = nil, limit: Int = .max) -> [Commit] {
    var line: [Commit] = []
    var next: CommitID? = commit
    while let id = next, id != base, line.count < limit, let commit = commits[id] {
      line.append(commit)
      next = commit.parents.first
    }
    return line
  }

  /// Whether a commit is another one, or has it in its history.
  func descends(_ commit: CommitID, from ancestor: CommitID) -> Bool {
    var seen: Set<CommitID> = []
    var next = [commit]
    while let id = next.popLast() {
      if id == ancestor { return true }
      if seen.insert(id).inserted { next += commits[id]?.parents ?? [] }
    }
    return false
  }

  private func snapshot(_ id: TreeID) -> Snapshot? {
    guard let number = Int(id.rawValue), snapshots.indices.contains(number) else { return nil }
    return snapshots[number]
  }

  // MARK: Writing

  mutating func add(parents: [CommitID], _ message: String, _ tree: TreeID, isOurs: Bool) -> CommitID {
    let digits = String(commits.count + 1, radix: 16)
    // The first eight digits are what people read of a commit.
    let number = String(repeating: "0", count: 8 - digits.count) + digits
    let id = CommitID(number + String(repeating: "0", count: 32))
    commits[id] = Commit(id: id, parents: parents, message: message, tree: tree, isOurs: isOurs)
    return id
  }

  /// The same content has the same name.
  mutating func intern(_ tree: Tree) -> TreeID {
    if let known = snapshots.firstIndex(where: { $0.tree == tree }) { return TreeID(String(known)) }
    let desired = Resolution.desired(in: tree)
    let last = snapshots.last
    let revisions = desired.models.mapValues { model in
      // Of most models nothing has changed since.
      if let before = last?.desired.models[model.name], before.workload == model.workload,
        let revision = last?.revisions[model.name]
      {
        return revision
      }
      return Planning.revision(of: model.workload)
    }
    for (name, revision) in revisions { versions[revision] = tree.model(name)?.version }
    snapshots.append(Snapshot(tree: tree, desired: desired, revisions: revisions))
    return TreeID(String(snapshots.count - 1))
  }

  /// Reverts as Git does as long as documents are taken as wholes: one that was changed again since is a conflict.
  mutating func revert(_ reverted: [CommitID], onto tip: CommitID) -> RevertAttempt {
    var result = tree(at: tip)
    for id in reverted {
      let after = tree(at: id)
      let before = parent(of: id).map(tree(at:)) ?? Tree()
      let paths = Set(after.files.keys).union(before.files.keys).filter {
        after.files[$0] != before.files[$0]
      }
      let conflicts = paths.filter { !result.takeBack($0, from: after, to: before) }
      if !conflicts.isEmpty { return .conflict(paths: conflicts.sorted()) }
    }
    return .tree(intern(result))
  }

  // MARK: Files as text, for those who edit them by bytes

  mutating func text(of path: String, at commit: CommitID) -> String? {
    guard let file = tree(at: commit).files[path] else { return nil }
    return file.map { document in
      let text = document.text
      documents[text] = document
      return "---\n" + text
    }.joined()
  }

  mutating func tree(of commit: CommitID, replacing files: [String: String?]) -> TreeID {
    var tree = tree(at: commit)
    for (path, text) in files {
      let read = text.map(read) ?? []
      tree.files[path] = read.isEmpty ? nil : read
    }
    return intern(tree)
  }

  private func read(_ text: String) -> [Document] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.split(separator: "---").compactMap { lines in
      let text = lines.joined(separator: "\n")
      return text.isEmpty ? nil : documents[text.hasSuffix("\n") ? text : text + "\n"] ?? .gibberish
    }
  }
}

extension Tree {
  /// Takes a change of a file back; `false` when somebody has changed the same document since.
  fileprivate mutating func takeBack(_ path: String, from after: Tree, to before: Tree) -> Bool {
    let (old, new) = (before.files[path] ?? [], after.files[path] ?? [])
    for document in old where !new.contains(document) {
      let now = files[path]?.first { $0.key == document.key }
      guard now == document || now == new.first(where: { $0.key == document.key }) else { return false }
      put(document, into: path)
    }
    for document in new where !old.contains(where: { $0.key == document.key }) {
      guard let now = files[path]?.first(where: { $0.key == document.key }) else { continue }
      guard now == document else { return false }
      remove(document.key, from: path)
    }
    return true
  }
}

extension Document {
  /// Enough YAML to be found by kind and name, and different for every content.
  fileprivate var text: String {
    switch self {
    case .model(let model):
      """
      apiVersion: evenkeel.dev/v1
      kind: Model
      metadata: {name: \(model.name)}
      spec: '\(model)'

      """
    case .policy(let policy):
      """
      apiVersion: evenkeel.dev/v1
      kind: RolloutPolicy
      metadata: {name: \(policy.name)}
      spec: '\(policy)'

      """
    case .runtime(let generation): "kind: ServingRuntime\nspec: \(generation)\n"
    case .gibberish: "[\n"
    }
  }
}
