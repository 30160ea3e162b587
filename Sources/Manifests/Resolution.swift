import Vocabulary

/// What many files together ask for, kept so that a change of a few of them is the work of a few.
///
/// It always comes to what ``resolve(_:)`` comes to. Where a change stays within models, and neither it nor anything
/// before it is complained about, only what changed is resolved. Everything else is so rare, or concerns so much, that all
/// files are put together anew: a changed policy or runtime, and any two files that are at odds, for then the change of one
/// changes what is said about another (its suggestions, the places that it names).
package struct Resolution: Sendable {
  package private(set) var state: DesiredState
  /// `nil` while there are errors between files.
  private var index: ResolvedIndex?

  package init(_ files: [ParsedFile]) {
    var resolver = Resolver(files)
    state = resolver.resolve()
    index = resolver.index(of: state)
  }

  /// A file that was replaced, added or removed; its path is the same before and after.
  package struct Change: Sendable {
    package var before: ParsedFile?
    package var after: ParsedFile?

    package init(before: ParsedFile?, after: ParsedFile?) {
      self.before = before
      self.after = after
    }
  }

  /// Takes over changes.
  ///
  /// - Parameter files: all files as they are after the changes, should all have to be put together.
  package mutating func apply(_ changes: [Change], files: () -> [ParsedFile]) {
    if let updated = index?.applied(changes, to: state) {
      (index, state) = (updated.index, updated.state)
    } else {
      self = Resolution(files())
    }
  }
}

/// What the models of files that are not at odds with each other are resolved by.
struct ResolvedIndex: Sendable {
  private let runtimes: [String: Shared<Runtime>]
  private let policies: [String: Shared<Policy>]
  /// The names of models that have errors of their own.
  private let unusable: Set<String>
  private var routes = RouteCensus()
  /// How many models, also those with errors, depend on this one.
  private var dependents: [String: Int] = [:]

  init(runtimes: [String: Shared<Runtime>], policies: [String: Shared<Policy>], unusable: [String]) {
    self.runtimes = runtimes
    self.policies = policies
    self.unusable = Set(unusable)
  }

  mutating func depend(on model: String) { dependents.add(1, to: model) }

  /// Adds a model, resolved.
  ///
  /// - Returns: `nil` when there is anything to complain about.
  mutating func insert(_ declaration: Declaration<ModelSpec>, file: String = "") -> DesiredModel? {
    let spec = declaration.spec
    guard let runtime = runtimes[spec.runtime.value], let policy = policies[spec.rollout.value] else {
      return nil
    }
    let model = desiredModel(declaration, runtime, policy, file: file)
    let preview = previewRoute(of: declaration, under: policy.wrappedValue)
    guard !routes.meets(model.live.route), preview != model.live.route,
      preview.map(routes.meets) != true
    else { return nil }
    routes.insert(model.live.route)
    if let preview { routes.insert(preview) }
    for name in spec.dependsOn { depend(on: name.value) }
    return model
  }

  private mutating func remove(_ declaration: Declaration<ModelSpec>) {
    routes.remove(route(of: declaration))
    if let policy = policies[declaration.spec.rollout.value],
      let preview = previewRoute(of: declaration, under: policy.wrappedValue)
    {
      routes.remove(preview)
    }
    for name in declaration.spec.dependsOn { dependents.add(-1, to: name.value) }
  }

  /// The state after changes; `nil` when all files have to be put together to know it.
  func applied(_ changes: [Resolution.Change], to state: DesiredState) -> (
    index: ResolvedIndex, state: DesiredState
  )? {
    guard changes.allSatisfy({ $0.before?.isPlain != false && $0.after?.isPlain != false }) else {
      return nil
    }
    var (index, state) = (self, state)
    var removed: Set<String> = []
    for model in changes.compactMap(\.before).flatMap(\.models) {
      index.remove(model)
      removed.insert(model.name.value)
      state.models[ModelName(model.name.value)] = nil
    }
    var added: [DesiredModel] = []
    for file in changes.compactMap(\.after) {
      for declaration in file.models {
        let name = ModelName(declaration.name.value)
        guard state.models[name] == nil, !unusable.contains(name.rawValue),
          let model = index.insert(declaration, file: file.path)
        else { return nil }
        removed.remove(name.rawValue)
        added.append(model)
        state.models[name] = model
      }
    }
    let isSound =
      removed.allSatisfy { index.dependents[$0] == nil }
      && added.flatMap(\.live.dependsOn).allSatisfy {
        state.models[$0] != nil || unusable.contains($0.rawValue)
      }
    return isSound && !haveCycle(through: added, in: state.models) ? (index, state) : nil
  }
}

extension ParsedFile {
  /// Whether there is nothing in it but models without errors.
  fileprivate var isPlain: Bool {
    diagnostics.isEmpty && !isUnattributed && broken.isEmpty && brokenReferences.isEmpty && policies.isEmpty
      && checks.isEmpty && runtimes.isEmpty
  }
}

/// Whether one of these models depends on itself by way of others. A model is looked at once, whoever leads to it.
private func haveCycle(through starts: [DesiredModel], in models: [ModelName: DesiredModel]) -> Bool {
  enum Mark { case entered, left }
  var marks: [ModelName: Mark] = [:]
  // The second time a model comes up everything that it depends on has been looked at.
  var stack = starts.filter { !$0.live.dependsOn.isEmpty }.map(\.name)
  while let name = stack.last {
    switch marks[name] {
    case .left: stack.removeLast()
    case .entered:
      marks[name] = .left
      stack.removeLast()
    case nil:
      marks[name] = .entered
      for next in models[name]?.live.dependsOn ?? [] {
        if marks[next] == .entered { return true }
        if marks[next] == nil { stack.append(next) }
      }
    }
  }
  return false
}
