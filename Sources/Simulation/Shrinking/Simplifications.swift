import Agent
import Manifests
import Planning
import Vocabulary

/// Makes a detail simpler; one that is simple already stays as it is.
typealias Simplification<Subject> = @Sendable (inout Subject) -> Void

extension Scenario {
  /// All that can be tried once no model and no event can go, what tells most first. Models and events keep their
  /// places.
  var simplifications: [Simplification<Scenario>] {
    var list: [Simplification<Scenario>] = setting.simplifications.map { simplify in
      { simplify(&$0.setting) }
    }
    list.append { $0.leaveOutUnusedPolicies() }
    for index in events.indices.reversed() {
      list += events[index].happening.simplifications.map { simplify in
        { simplify(&$0.events[index].happening) }
      }
    }
    for index in events.indices {
      list += [0, 5, 20].map { seconds in { $0.bringForward(index, to: .seconds(seconds)) } }
    }
    return list
  }

  private mutating func leaveOutUnusedPolicies() {
    for name in setting.tree.policyNames where !mentions(policy: name) {
      setting.tree.remove("policy \(name)", from: Tree.shared)
    }
  }

  /// Lets an event follow the one before it after this time, and all later ones as long after it as they did.
  private mutating func bringForward(_ index: Int, to gap: Duration) {
    let before = index == 0 ? .zero : events[index - 1].at
    let excess = events[index].at - before - gap
    guard excess > .zero else { return }
    for later in index..<events.count { events[later].at -= excess }
  }
}

// MARK: The setting

extension Setting {
  fileprivate var simplifications: [Simplification<Setting>] {
    var list: [Simplification<Setting>] = [
      { $0.limits = HostLimits() }, { $0.pruneLimit = 50 }, { $0.proposes = false },
      { $0.giveEveryoneAFile() },
    ]
    for name in models.map(\.name) {
      list += ModelDocument.simplifications.map { simplify in { $0.changeDocument(of: name, simplify) } }
    }
    for index in models.indices {
      list += models[index].simplifications.map { simplify in { simplify(&$0.models[index]) } }
    }
    for name in tree.policyNames {
      list += Policy.simplifications.map { simplify in { $0.changePolicy(name, simplify) } }
    }
    return list
  }

  private mutating func giveEveryoneAFile() {
    for name in roommates.sorted() {
      let document = tree.model(name)
      if let path = tree.file(of: name) { tree.remove("model \(name)", from: path) }
      roommates.remove(name)
      if let document { tree.put(.model(document), into: file(of: name)) }
    }
  }

  private mutating func changePolicy(_ name: String, _ change: Simplification<Policy>) {
    guard var policy = tree.policy(name) else { return }
    change(&policy)
    tree.put(.policy(policy), into: Tree.shared)
  }
}

extension Tree {
  /// In a fixed order.
  var policyNames: [String] {
    (files[Self.shared] ?? []).compactMap { if case .policy(let policy) = $0 { policy.name } else { nil } }
  }
}

extension ModelDocument {
  fileprivate static let simplifications: [Simplification<ModelDocument>] = [
    { $0.memory = nil }, { $0.dependsOn = [] }, { $0.replicas = 1 },
  ]
}

extension Setting.Model {
  fileprivate var simplifications: [Simplification<Setting.Model>] {
    var list: [Simplification<Setting.Model>] = [
      { $0.natures = [] }, { $0.natures = $0.natures.map { $0.isGood ? Nature() : $0 } },
    ]
    for index in natures.indices where !natures[index].isGood { list.append { $0.mend(index) } }
    return list
  }

  /// All good versions are as good as each other, or a comparison would tell them apart.
  private mutating func mend(_ index: Int) {
    guard natures.indices.contains(index) else { return }
    natures[index] = Nature()
    natures[index].errorRate = natures.filter(\.isGood).map(\.errorRate).max() ?? 0
  }
}

// MARK: Events

extension Happening {
  fileprivate var simplifications: [Simplification<Happening>] {
    switch self {
    case .commit(let edits, _):
      var list: [Simplification<Happening>] = [{ $0 = .commit($0.edits, isMerge: false) }]
      for index in edits.indices.reversed() {
        list.append { $0.leaveOutEdit(index) }
        list += edits[index].simplifications.map { simplify in { $0.changeEdit(index, simplify) } }
      }
      return list
    case .fault: return Fault.simplifications.map { simplify in { $0.changeFault(simplify) } }
    case .steer: return []
    }
  }

  private mutating func leaveOutEdit(_ index: Int) {
    guard case .commit(var edits, let isMerge) = self, edits.count > 1 else { return }
    edits.remove(at: index)
    self = .commit(edits, isMerge: isMerge)
  }

  private mutating func changeFault(_ change: Simplification<Fault>) {
    guard case .fault(var fault) = self else { return }
    change(&fault)
    self = .fault(fault)
  }

  private mutating func changeEdit(_ index: Int, _ change: Simplification<Edit>) {
    guard case .commit(var edits, let isMerge) = self, edits.indices.contains(index) else { return }
    change(&edits[index])
    self = .commit(edits, isMerge: isMerge)
  }
}

extension Edit {
  fileprivate var simplifications: [Simplification<Edit>] {
    switch self {
    case .policy: Policy.simplifications.map { simplify in { $0.changePolicy(simplify) } }
    case .undo: [{ if case .undo = $0 { $0 = .undo(commits: 1) } }]
    case .replicas(let name, _): [{ if case .replicas = $0 { $0 = .replicas(name, 1) } }]
    default: []
    }
  }

  private mutating func changePolicy(_ change: Simplification<Policy>) {
    guard case .policy(var policy) = self else { return }
    change(&policy)
    self = .policy(policy)
  }
}
