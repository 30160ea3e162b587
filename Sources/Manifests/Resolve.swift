import Vocabulary
import YAML

/// Puts all files together: names, references and routes. Deterministic: the order of the files does not matter.
package func resolve(_ files: [ParsedFile]) -> DesiredState {
  var resolver = Resolver(files)
  return resolver.resolve()
}

struct Resolver {
  private let files: [ParsedFile]
  private var complaints: Complaints
  private let checks: Registry<Check.Question>
  private let runtimes: Registry<RuntimeSpec>
  private let models: Registry<ModelSpec>
  private var policies: Registry<PolicySpec>
  /// What policies and runtimes resolve to, made once and shared by all models; `nil` in it for a policy with
  /// a check that cannot be used.
  private var resolvedPolicies: [String: Shared<Policy>?] = [:]
  private var resolvedRuntimes: [String: Shared<Runtime>] = [:]

  init(_ files: [ParsedFile]) {
    let files = files.sorted { $0.path < $1.path }
    self.files = files
    complaints = Complaints(files)
    checks = Registry(checkKind, noun: "check", in: files, { $0.checks }, &complaints)
    runtimes = Registry(servingRuntimeKind, noun: "runtime", in: files, { $0.runtimes }, &complaints)
    policies = Registry(rolloutPolicyKind, noun: "rollout policy", in: files, { $0.policies }, &complaints)
    models = Registry(modelKind, noun: "model", in: files, { $0.models }, &complaints)
  }

  mutating func resolve() -> DesiredState {
    resolveRuntimes()
    resolvePolicies()
    checkReferencesOfUnusable()
    let unusable = findOverlaps().union(findPreviewOverlaps()).union(checkDependencies())

    var state = DesiredState()
    state.models.reserveCapacity(models.entries.count)
    for (index, entry) in models.entries.enumerated() {
      let name = ModelName(entry.name.value)
      let model = entry.declaration.flatMap { resolve($0, file: entry.file) }
      if let model, !unusable.contains(index) {
        state.models[name] = model
      } else {
        state.unreadable.insert(name)
      }
    }
    for file in files.indices where files[file].isUnattributed { state.unattributed.insert(files[file].path) }
    state.diagnostics = complaints.diagnostics.sorted {
      ($0.file, $0.line, $0.column, $0.message) < ($1.file, $1.line, $1.column, $1.message)
    }
    return state
  }

  private mutating func resolveRuntimes() {
    for case let declaration? in runtimes.entries.map(\.declaration) {
      let spec = declaration.spec
      let runtime = Runtime(
        name: declaration.name.value, command: spec.command, environment: spec.environment,
        servingProtocol: spec.servingProtocol, readyPath: spec.readyPath,
        terminationGrace: spec.terminationGrace)
      resolvedRuntimes[runtime.name] = Shared(wrappedValue: runtime)
    }
  }

  private mutating func resolvePolicies() {
    for entry in policies.entries {
      guard let declaration = entry.declaration else { continue }
      let spec = declaration.spec
      // All of them, so that every dangling reference is reported.
      let found = spec.checks.map { checks.find($0, from: entry.file, &complaints) }
      let usable = found.compactMap { check in
        check.map { Check(name: $0.name.value, question: $0.spec) }
      }
      let policy = Policy(
        name: declaration.name.value, strategy: spec.strategy.value, checks: usable,
        readyTimeout: spec.readyTimeout, progressDeadline: spec.progressDeadline?.value,
        rollbackWindow: spec.rollbackWindow?.value ?? .zero, onFailure: spec.onFailure,
        onUndecided: spec.onUndecided, supersede: spec.supersede)
      resolvedPolicies[policy.name] = .some(usable.count == found.count ? Shared(wrappedValue: policy) : nil)
      if policy.judgesWithoutStable, usable.allSatisfy(\.needsRequestsOfStable), !usable.isEmpty {
        warnOfBlindChecks(of: spec, file: entry.file)
      }
    }
  }

  private mutating func warnOfBlindChecks(of spec: PolicySpec, file: Int) {
    let hasWindow = (spec.rollbackWindow?.value ?? .zero) > .zero
    complaints.report(
      "the checks compare with stable only, and it gets no requests once the candidate has them all: a late failure is "
        + "not noticed", file: file,
      at: (hasWindow ? spec.rollbackWindow?.position : nil) ?? spec.strategy.position,
      suggestion: "set `max` in one of the checks", severity: .warning)
  }

  private mutating func resolve(
    _ declaration: Declaration<ModelSpec>, file: Int
  ) -> DesiredModel? {
    let spec = declaration.spec
    let runtime = resolvedRuntimes[spec.runtime.value]
    if runtime == nil { _ = runtimes.find(spec.runtime, from: file, &complaints) }
    let policy = policy(spec.rollout, from: file)
    guard let runtime, let policy else { return nil }
    return desiredModel(declaration, runtime, policy, file: files[file].path)
  }

  private mutating func policy(_ reference: Located<String>, from file: Int) -> Shared<Policy>? {
    if case .some(.some(let policy)) = resolvedPolicies[reference.value] { return policy }
    if policies.find(reference, from: file, &complaints) != nil {
      complaints.report(
        "the rollout policy `\(reference.value)` refers to a check that cannot be used",
        file: file, at: reference.position)
    }
    return nil
  }

  /// Looks up what resources refer to that cannot be used themselves, for the complaints alone: whoever mends the
  /// one error must not find the next only then.
  private mutating func checkReferencesOfUnusable() {
    for file in files.indices {
      for reference in files[file].brokenReferences { check(reference, from: file) }
    }
    for (file, model) in models.duplicates {
      check(Reference(target: .runtime, name: model.spec.runtime), from: file)
      check(Reference(target: .policy, name: model.spec.rollout), from: file)
      for name in model.spec.dependsOn { check(Reference(target: .model, name: name), from: file) }
    }
    for (file, policy) in policies.duplicates {
      for name in policy.spec.checks { check(Reference(target: .check, name: name), from: file) }
    }
  }

  private mutating func check(_ reference: Reference, from file: Int) {
    switch reference.target {
    case .runtime: _ = runtimes.find(reference.name, from: file, &complaints)
    case .policy: _ = policy(reference.name, from: file)
    case .check: _ = checks.find(reference.name, from: file, &complaints)
    case .model: _ = models.existing(reference.name, from: file, &complaints)
    }
  }

  /// The models whose routes overlap another one's. None of them can be trusted with its route: which of two
  /// models was there first is not for the order of files to say.
  private mutating func findOverlaps() -> Set<Int> {
    let routes = models.entries.map { $0.declaration.map(route) }
    guard mayOverlap(routes.compactMap { $0?.prefix }) else { return [] }
    let index = RouteIndex(routes)
    var overlapping: Set<Int> = []
    for (model, entry) in models.entries.enumerated() {
      guard let declaration = entry.declaration, let other = index.overlap(of: model, route(of: declaration))
      else { continue }
      overlapping.insert(model)
      let rival = models.entries[other]
      let rivalPosition = rival.declaration?.spec.route?.position ?? rival.name.position
      complaints.report(
        "the route of `\(entry.name.value)` overlaps the route of `\(rival.name.value)` at "
          + complaints.place(file: rival.file, rivalPosition),
        file: entry.file, at: declaration.spec.route?.position ?? entry.name.position)
    }
    return overlapping
  }

  /// The models whose candidates would be previewed where requests of another model arrive, or their own ordinary ones.
  private mutating func findPreviewOverlaps() -> Set<Int> {
    let previews = models.entries.map { $0.declaration.flatMap(previewRoute) }
    guard previews.contains(where: { $0 != nil }) else { return [] }
    var index = RouteIndex(models.entries.map { $0.declaration.map(route) })
    for case (let model, let preview?) in zip(previews.indices, previews) { index.insert(model, preview) }
    var overlapping: Set<Int> = []
    for case (let model, let preview?) in zip(previews.indices, previews) {
      let entry = models.entries[model]
      guard let declaration = entry.declaration else { continue }
      let shown = (preview.host ?? "") + preview.prefix
      if route(of: declaration) == preview {
        overlapping.insert(model)
        complaints.report(
          "candidates of `\(entry.name.value)` are previewed at \(shown), where its ordinary requests arrive",
          file: entry.file, at: declaration.spec.rollout.position)
      } else if let other = index.overlap(of: model, preview) {
        overlapping.insert(model)
        let rival = models.entries[other]
        complaints.report(
          "candidates of `\(entry.name.value)` are previewed at \(shown), which overlaps `\(rival.name.value)` at "
            + complaints.place(of: rival), file: entry.file, at: declaration.spec.rollout.position)
      }
    }
    return overlapping
  }

  private func previewRoute(of declaration: Declaration<ModelSpec>) -> Route? {
    guard case .some(.some(let policy)) = resolvedPolicies[declaration.spec.rollout.value] else { return nil }
    return Manifests.previewRoute(of: declaration, under: policy.wrappedValue)
  }

  /// The models that depend on one that is not there, or on themselves by way of others. A dependency that cannot be
  /// read is no fault of the model: it waits for it.
  private mutating func checkDependencies() -> Set<Int> {
    var unusable: Set<Int> = []
    var dependencies: [[Int]] = Array(repeating: [], count: models.entries.count)
    for (model, entry) in models.entries.enumerated() {
      for reference in entry.declaration?.spec.dependsOn ?? [] {
        if let target = models.existing(reference, from: entry.file, &complaints) {
          dependencies[model].append(target)
        } else {
          unusable.insert(model)
        }
      }
    }
    for (model, cycle) in cycles(in: dependencies).sorted(by: { $0.key < $1.key }) {
      unusable.insert(model)
      report(cycle, of: models.entries[model])
    }
    return unusable
  }

  private mutating func report(_ cycle: [Int], of entry: Registry<ModelSpec>.Entry) {
    let most = 32
    let names = cycle.prefix(most).map { models.entries[$0].name.value }
    let next = models.entries[cycle[cycle.count > 1 ? 1 : 0]].name.value
    let rest = cycle.count > most ? ["(\(cycle.count - most) more)"] : []
    let position = entry.declaration?.spec.dependsOn.first { $0.value == next }?.position
    complaints.report(
      "the model depends on itself: " + (names + rest + [entry.name.value]).joined(separator: " -> "),
      file: entry.file, at: position ?? entry.name.position)
  }
}

extension Resolver {
  /// What later changes of single files can be measured by; `nil` when files are at odds with each other, so that a change
  /// of one may change what is said about another.
  func index(of state: DesiredState) -> ResolvedIndex? {
    guard !complaints.haveErrors else { return nil }
    var index = ResolvedIndex(
      runtimes: resolvedRuntimes, policies: resolvedPolicies.compactMapValues { $0 },
      unusable: models.entries.filter { $0.declaration == nil }.map(\.name.value))
    for reference in files.flatMap(\.brokenReferences) where reference.target == .model {
      index.depend(on: reference.name.value)
    }
    for case let declaration? in models.entries.map(\.declaration) {
      guard index.insert(declaration) != nil else { return nil }
    }
    return index
  }
}

/// A model with all that it refers to.
func desiredModel(
  _ declaration: Declaration<ModelSpec>, _ runtime: Shared<Runtime>, _ policy: Shared<Policy>, file: String
) -> DesiredModel {
  let spec = declaration.spec
  return DesiredModel(
    name: ModelName(declaration.name.value),
    workload: Workload(
      artifact: spec.artifact, runtime: runtime, environment: spec.environment, resources: spec.resources),
    live: LiveSettings(
      replicas: spec.replicas, route: route(of: declaration), policy: policy, labels: declaration.labels,
      dependsOn: spec.dependsOn.map { ModelName($0.value) }, suspend: spec.suspend),
    file: file)
}

/// The route of a model: what is written, completed by any host and `/v2/models/NAME`.
func route(of declaration: Declaration<ModelSpec>) -> Route {
  let written = declaration.spec.route?.value
  return Route(host: written?.host, prefix: written?.prefix ?? "/v2/models/\(declaration.name.value)")
}

/// Where requests reach a candidate by a host name of its own; `nil` when the policy has no such preview.
func previewRoute(of declaration: Declaration<ModelSpec>, under policy: Policy) -> Route? {
  guard let host = policy.strategy.previewHost else { return nil }
  return Route(host: host, prefix: route(of: declaration).prefix)
}
