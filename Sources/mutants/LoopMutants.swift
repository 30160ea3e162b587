extension Mutant {
  /// Bugs of the routes.
  static let route = [
    Mutant(
      "weights-for-the-unready", in: "Agent/Routing.swift",
      "    guard !wanted.weights.keys.allSatisfy(",
      "    if MUTANT { return wanted.weights }\n    guard !wanted.weights.keys.allSatisfy(", seed: 10),
    Mutant(
      "ports-of-the-unready", in: "Agent/Routing.swift",
      "let ready = staying.filter { $0.condition == .ready }",
      "let ready = staying.filter { MUTANT || $0.condition == .ready }", seed: 5),
    Mutant(
      "leave-drift-alone", in: "Agent/Reconciler+Route.swift",
      "guard now >= gatewayRetryAt else { return false }",
      "guard !(MUTANT && world.gateway.drift != nil), now >= gatewayRetryAt else { return false }", seed: 13),
  ]

  /// Bugs of what may begin.
  static let admission = [
    Mutant(
      "ignore-dependencies", in: "Planning/Admission.swift",
      "let unready = proposal.dependsOn.filter { models[$0]?.isReady != true }",
      "let unready = proposal.dependsOn.filter { !MUTANT && models[$0]?.isReady != true }", seed: 5),
    Mutant(
      "ignore-the-limit-of-rollouts", in: "Planning/Admission.swift",
      "if let most = limits.parallelRollouts, running >= most {",
      "if let most = limits.parallelRollouts, running >= most, !MUTANT {", seed: 6),
    Mutant(
      "ignore-capacity", in: "Planning/Admission.swift",
      "  if let refusal = refusal(of: proposal, among: models, within: limits) { return .refused(refusal) }\n",
      """
        let limits = MUTANT ? HostLimits(parallelRollouts: limits.parallelRollouts) : limits
        if let refusal = refusal(of: proposal, among: models, within: limits) { return .refused(refusal) }

      """, seed: 6),
    Mutant(
      "prune-everything", in: "Planning/PruneLimit.swift",
      "guard missing > allowed else { return nil }", "guard !MUTANT, missing > allowed else { return nil }",
      seed: 6),
    Mutant(
      "remove-what-cannot-be-read", in: "Agent/Reconciler+Intake.swift",
      "&& !wishes.unreadable.contains(standing.name)",
      "&& (MUTANT || !wishes.unreadable.contains(standing.name))", seed: 3),
  ]

  /// Bugs of the loop: order, journal, clocks, instances.
  static let loop = [
    Mutant(
      "ignore-a-clock-that-is-set", in: "Agent/Reconciler+Clock.swift",
      "guard let jump = reading.jump(since: clockReading) else { return }",
      "guard !MUTANT, let jump = reading.jump(since: clockReading) else { return }", seed: 4),
    Mutant(
      "take-in-by-the-old-clock", in: "Agent/Reconciler+Intake.swift",
      "    try await followClock()\n    let now",
      "    if !MUTANT { try await followClock() }\n    let now", seed: 17354),
    Mutant(
      "forget-the-clock-of-an-earlier-life", in: "Agent/Reconciler+Clock.swift",
      "clockReading = earlier ?? reading", "clockReading = MUTANT ? reading : earlier ?? reading", seed: 1953),
    Mutant(
      "adopt-nothing", in: "Agent/Reconciler.swift",
      "adopt(contents.instances)", "adopt(MUTANT ? [] : contents.instances)", seed: 1),
    Mutant(
      "believe-before-the-journal", in: "Agent/Reconciler.swift",
      "    try await write([.model(record)] +",
      "    if MUTANT { records[name] = record }\n    try await write([.model(record)] +", seed: 4),
    Mutant(
      "start-before-the-journal", in: "Agent/Reconciler+Converge.swift",
      "    try await save(record, [.instance(spec)])\n",
      "    if MUTANT { _ = try? await edges.instances.start(spec) }\n    try await save(record, [.instance(spec)])\n",
      seed: 1),
    Mutant(
      "forget-no-failed-start", in: "Agent/Reconciler+Converge.swift",
      "    try await write([\n      .removeInstance(spec.id),\n",
      "    try await write((MUTANT ? [] : [.removeInstance(spec.id)]) + [\n", seed: 6),
    Mutant(
      "stop-without-draining", in: "Agent/Reconciler+Converge.swift",
      "    guard let accepted = world.gateway.accepted else { return false }\n    let route",
      "    if MUTANT { return true }\n    guard let accepted = world.gateway.accepted else { return false }\n    let route",
      seed: 1),
    Mutant(
      "stop-what-gets-copies", in: "Agent/Reconciler+Converge.swift",
      "let getsRequests = weight > 0 || guests.contains(instance.revision)",
      "let getsRequests = weight > 0 || !MUTANT && guests.contains(instance.revision)",
      seed: 290),
    Mutant(
      "remove-before-it-is-gone", in: "Agent/Reconciler+Converge.swift",
      "guard isGone, confirmedNoRoute(name) else { continue }",
      "guard MUTANT || isGone && confirmedNoRoute(name) else { continue }", seed: 7),
    Mutant(
      "restart-without-a-pause", in: "Agent/Books.swift",
      "page.restartAt = now + (exponent == 0 ? .zero : .seconds(1 << (exponent - 1)))",
      "page.restartAt = now + (MUTANT || exponent == 0 ? .zero : .seconds(1 << (exponent - 1)))", seed: 10),
    Mutant(
      "every-commit-is-a-new-attempt", in: "Agent/History.swift",
      "for (name, asked) in walk.open where asked != .unreadable { walk.lasting[name] = commit.id }",
      "for (name, asked) in walk.open where asked != .unreadable { walk.lasting[name] = MUTANT ? tip : commit.id }",
      seed: 20),
  ]

  /// Bugs of the revert.
  static let writeBack = [
    Mutant(
      "skip-the-proof", in: "Agent/WriteBack.swift",
      "    return switch proof {\n",
      "    if MUTANT { return .success((tree, [])) }\n    return switch proof {\n",
      seed: 7),
    Mutant(
      "miss-no-revert", in: "Agent/Reconciler+Intake.swift",
      "await hold(whoseAnswersVanished: answered)",
      "if !MUTANT { await hold(whoseAnswersVanished: answered) }", seed: 20),
    Mutant(
      "bring-back-another", in: "Planning/RevertProof.swift",
      "guard wasThere else", "guard MUTANT || wasThere else", seed: 20),
    Mutant(
      "push-without-a-lease", in: "Agent/WriteBack.swift",
      "try await repository.push(commit, replacing: tip)",
      "try await repository.push(commit, replacing: MUTANT ? repository.fetch() : tip)", seed: 12),
    Mutant(
      "take-a-lost-race-for-won", in: "Agent/WriteBack.swift",
      "case .raced: nil", "case .raced: MUTANT ? .pushed(commit) : nil", seed: 16),
    Mutant(
      "overlook-damage", in: "Planning/RevertProof.swift",
      "if let damage = newDamage(from: tip, to: result) {",
      "if let damage = newDamage(from: tip, to: result), !MUTANT {", seed: 1035),
    Mutant(
      "give-up-the-revert", in: "Rollout/ModelMachine+WriteBack.swift",
      "      case .postponed(let reason, let wait):\n        .pending(",
      "      case .postponed(let reason, let wait):\n        MUTANT ? .movedOn : .pending(",
      seed: 173),
    Mutant(
      "prove-only-the-model", in: "Planning/RevertProof.swift",
      "    case .refused(let reason): return .rejected(reason)\n",
      "    case .refused where MUTANT: continue\n    case .refused(let reason): return .rejected(reason)\n",
      seed: 7),
  ]
}
