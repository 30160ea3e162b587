import Effects
import Manifests
import Vocabulary

/// What engineers, and the agent, do to the remote's branch.
extension World {
  /// Nothing is committed where nothing would change.
  func commit(_ edits: [Edit], isMerge: Bool = false) {
    let tip = branch.tip
    var tree = branch.tree(at: tip)
    for edit in edits { apply(edit, to: &tree) }
    let id = branch.intern(tree)
    guard id != branch.commit(tip)?.tree else { return }
    let message = edits.map(\.description).joined(separator: "; ")
    var parents = [tip]
    if isMerge { parents.append(branch.add(parents: [tip], message, id, isOurs: false)) }
    move(to: branch.add(parents: parents, message, id, isOurs: false))
    note("an engineer commits \(branch.tip.short): \(message)")
  }

  /// Somebody else who is faster changes something that is none of the agent's business.
  func commitOfRival() {
    guard let model = branch.tree(at: branch.tip).models.map(\.name).min() else { return }
    // One of four has seen for themselves what has to be taken back, or brings something else.
    let edit: Edit =
      switch dice.next() % 8 {
      case 0: .undo(commits: 1)
      case 1: .deploy(model, version: 1 + Int(dice.next() % 12))
      default: .label(model, Int(dice.next() % 1_000_000))
      }
    commit([edit])
  }

  /// The remote takes the agent's commit.
  func accept(_ commit: CommitID) {
    if setting.proposes {
      referee.blame(.obedience, "\(commit.short) is pushed, and was to be proposed", in: self)
    }
    referee.pushes(commit, in: self)
    move(to: commit)
    tally.reverts += 1
    note("the agent pushes \(commit.short)")
  }

  /// The branch is set back, as by a forced push.
  func rewrite(back: Int) {
    let line = branch.line(from: branch.tip, limit: back + 1)
    guard line.count > back else { return }
    referee.isSetBack = true
    move(to: line[back].id)
    note("the branch is set back to \(branch.tip.short)")
  }

  func move(to commit: CommitID) {
    let before = branch.tip
    branch.tip = commit
    referee.hasNews = true
    referee.branchMoved(from: before, to: commit, in: self)
  }

  private func apply(_ edit: Edit, to tree: inout Tree) {
    switch edit {
    case .deploy(let name, let version): deploy(name, version, in: &tree)
    case .remove(let name):
      if let path = tree.file(of: name) { tree.remove("model \(name)", from: path) }
    case .usePolicy(let name, let policy): tree.change(name) { $0.policy = policy }
    case .replicas(let name, let count): tree.change(name) { $0.replicas = count }
    case .suspend(let name, let isSuspended): tree.change(name) { $0.suspend = isSuspended }
    case .depend(let name, let others): tree.change(name) { $0.dependsOn = others }
    case .label(let name, let label): tree.change(name) { $0.label = label }
    case .memory(let name, let memory): tree.change(name) { $0.memory = memory }
    case .breakDocument(let name, let isBroken): tree.change(name) { $0.isBroken = isBroken }
    case .gibberish(let path, true): tree.put(.gibberish, into: path)
    case .gibberish(let path, false): tree.remove(Document.gibberish.key, from: path)
    case .policy(let policy): tree.put(.policy(policy), into: Tree.shared)
    case .runtime(let generation): tree.put(.runtime(generation: generation), into: Tree.shared)
    case .undo(let commits):
      let line = branch.line(from: branch.tip, limit: commits + 1)
      if line.count > commits, let old = branch.tree(line[commits].tree) { tree = old }
    }
  }

  private func deploy(_ name: ModelName, _ version: Int, in tree: inout Tree) {
    if tree.model(name) != nil {
      tree.change(name) { $0.version = version }
    } else if var model = setting.documents[name] {
      model.version = version
      tree.put(.model(model), into: setting.file(of: name))
    }
  }
}

extension Tree {
  /// The file of what models share.
  static let shared = "shared.yaml"

  fileprivate mutating func change(_ name: ModelName, _ change: (inout ModelDocument) -> Void) {
    guard let path = file(of: name), var model = model(name) else { return }
    change(&model)
    put(.model(model), into: path)
  }
}
