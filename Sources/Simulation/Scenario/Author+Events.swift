import Agent
import Manifests
import Vocabulary

extension Author {
  // MARK: Engineers

  mutating func writeCommits(_ setting: Setting) -> [Scheduled] {
    var events: [Scheduled] = []
    var at = dice.seconds(10...20)
    let names = setting.models.map(\.name)
    for number in 0..<(mood.isLong ? 20 + dice.roll(30) : 4 + dice.roll(8)) {
      at += dice.chance(30) ? dice.seconds(0...2) : dice.seconds(3...20)
      var edits = [writeEdit(names, number)]
      // Somebody loses the whole folder: that is no wish to serve nothing.
      if case .remove = edits[0], number.isMultiple(of: 3) { edits = names.map(Edit.remove) }
      if dice.chance(12) { edits.append(writeEdit(names, number)) }
      events.append(Scheduled(at: at, happening: .commit(edits, isMerge: dice.chance(10))))
    }
    return events
  }

  private mutating func writeEdit(_ names: [ModelName], _ number: Int) -> Edit {
    let name = dice.pick(names) ?? "fraud"
    let isOrdinary = !dice.chance(mood.isMessy ? 45 : 20)
    if isOrdinary { return .deploy(name, version: 1 + dice.roll(Self.versions)) }
    switch dice.roll(16) {
    case 0, 1: return .undo(commits: 1 + dice.roll(2))
    case 2: return .usePolicy(name, dice.pick(Self.policies) ?? "careful")
    case 3: return .policy(writePolicy(dice.pick(Self.policies) ?? "careful"))
    case 4: return .replicas(name, 1 + dice.roll(3))
    case 5: return .suspend(name, true)
    case 6, 7: return .suspend(name, false)
    case 8: return .remove(name)
    case 9: return .breakDocument(name, true)
    case 10, 11: return .breakDocument(name, false)
    case 12: return .gibberish(dice.chance(50) ? "team.yaml" : "notes.yaml", true)
    case 13: return .gibberish(dice.chance(50) ? "team.yaml" : "notes.yaml", false)
    case 14 where dice.chance(30): return .runtime(generation: dice.roll(3))
    case 14 where dice.chance(40): return .depend(name, on: writeDependencies(of: name, names))
    case 14: return mood.hasLimits ? .memory(name, 100 * (1 + dice.roll(4))) : .label(name, number)
    default: return .label(name, number)
    }
  }

  /// On models that come before it in the list, so that there is no cycle; or on none.
  private mutating func writeDependencies(of name: ModelName, _ names: [ModelName]) -> [ModelName] {
    let earlier = Array(names.prefix { $0 != name })
    return dice.chance(50) ? dice.pick(earlier).map { [$0] } ?? [] : []
  }

  // MARK: People

  mutating func writeCommands(_ setting: Setting, upTo end: Duration) -> [Scheduled] {
    var events: [Scheduled] = []
    var at = dice.seconds(10...40)
    while at < end {
      let name = dice.pick(setting.models.map(\.name)) ?? "fraud"
      events.append(Scheduled(at: at, happening: .steer(name, writeCommand())))
      at += dice.seconds(2...25)
    }
    return events
  }

  private mutating func writeCommand() -> SteerCommand {
    switch dice.roll(14) {
    case 0...2: .promote(full: false, step: nil)
    case 3: .promote(full: true, step: nil)
    case 4: .pause
    case 5...7: .resume
    case 8: .abort
    case 9, 10: .retry
    case 11, 12: .rollback(to: nil, reason: "it looks bad")
    default: .rollback(to: String(1 + dice.roll(Self.versions)), reason: nil)
    }
  }

  // MARK: Faults

  mutating func writeFaults(_ setting: Setting, upTo end: Duration) -> [Scheduled] {
    var events: [Scheduled] = []
    guard !mood.faults.isEmpty else { return events }
    let names = setting.models.map(\.name)
    var at = dice.seconds(1...15)
    while at < end {
      events.append(Scheduled(at: at, happening: .fault(writeFault(names))))
      at += mood.faults.count == 1 ? dice.seconds(5...40) : dice.seconds(2...25)
    }
    return events
  }

  private mutating func writeFault(_ names: [ModelName]) -> Fault {
    let name = dice.pick(names) ?? "fraud"
    switch dice.pick(mood.faults) ?? .kills {
    case .kills:
      return .kill(afterEffects: dice.roll(12), happens: dice.chance(50), downFor: dice.seconds(1...8))
    case .instances:
      return dice.chance(60) ? .crash(name) : .hang(name, for: dice.seconds(1...20))
    case .gateway: return writeGatewayFault(name)
    case .git: return writeGitFault()
    case .disk: return .diskFull(for: dice.seconds(1...12))
    case .clock:
      let jump = dice.pick([1, 5, 30, 600, 86_400]) ?? 30
      return .clockJump(.seconds(dice.chance(50) ? jump : -jump))
    case .registry: return .registry(for: dice.seconds(2...20))
    case .host:
      return dice.chance(40)
        ? .reboot(downFor: dice.seconds(1...20))
        : .noStarts(portTaken: dice.chance(50), for: dice.seconds(1...10))
    }
  }

  private mutating func writeGatewayFault(_ name: ModelName) -> Fault {
    let duration = dice.seconds(1...12)
    switch dice.roll(8) {
    case 7: return .gateway(.noCounts, for: duration)
    case 0: return .gateway(.rejects, for: duration)
    case 1: return .gateway(.silent, for: duration)
    case 2: return .gateway(.slow(takesEffect: true), for: duration)
    case 3: return .gateway(.slow(takesEffect: false), for: duration)
    case 4: return .gateway(.lateCounts, for: duration)
    case 5: return .gatewayRestart(downFor: .milliseconds(dice.pick([0, 500, 3000]) ?? 0))
    default: return .drift(name)
    }
  }

  private mutating func writeGitFault() -> Fault {
    switch dice.roll(7) {
    case 0, 1: .remote(.unreachable, for: dice.seconds(2...30))
    case 2: .remote(.refuses, for: dice.seconds(2...20))
    case 3: .remote(.losesAnswers, for: dice.seconds(2...20))
    case 4: .rivals(count: 1 + dice.roll(6))
    case 5: .rewrite(back: 1 + dice.roll(3))
    default: .slowGit(for: dice.seconds(2...20))
    }
  }
}
