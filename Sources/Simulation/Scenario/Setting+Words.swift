import Manifests
import Planning
import Rollout
import Vocabulary

extension Scenario {
  /// What holds all the time, a line for each thing that a reader of the story has to know.
  var settingWords: [String] {
    setting.models.flatMap(words)
      + setting.tree.policyNames.compactMap(setting.tree.policy).map { "policy \($0.name): \($0.words)" }
      + [setting.hostWords]
  }

  private func words(_ model: Setting.Model) -> [String] {
    let natures = model.natures.enumerated().compactMap { index, nature in
      nature.isGood || !mentions(index + 1, of: model.name)
        ? nil : "version \(index + 1) of \(model.name): \(nature)"
    }
    guard let document = setting.tree.model(model.name) else { return natures }
    return [document.words + ", \(model.load) requests a second"] + natures
  }
}

extension ModelDocument {
  fileprivate var words: String {
    var words =
      "\(name): version \(version) with the policy \(policy), \(replicas) instance\(replicas == 1 ? "" : "s")"
    if let memory { words += " of \(memory) MiB" }
    if !dependsOn.isEmpty { words += ", after \(dependsOn.map(\.rawValue).joined(separator: " and "))" }
    return words
  }
}

extension Setting {
  fileprivate var hostWords: String {
    var words = [
      "Git is looked at every \(pollInterval.words)", "an artifact takes twice \(fetchTime.words)",
    ]
    words.append("idle passes \(pace.words) apart")
    if let memory = limits.capacity?.memory { words.append("\(memory >> 20) MiB of memory") }
    if let most = limits.parallelRollouts { words.append("\(most) rollouts at once") }
    if pruneLimit != 50 { words.append("at most \(pruneLimit) % of the models may go at once") }
    if proposes { words.append("reverts are proposed on branches of their own") }
    if !roommates.isEmpty {
      words.append("\(roommates.map(\.rawValue).sorted().joined(separator: " and ")) share team.yaml")
    }
    return "host: " + words.joined(separator: ", ")
  }
}

extension Policy {
  /// All that differs from one policy to another, in one line.
  var words: String {
    // Every program begins by fetching and verifying.
    let steps = terms(replicas: 1).program.steps.dropFirst(2)
    var words = steps.map(\.description) + ["ready within \(readyTimeout.words)"]
    if let progressDeadline { words.append("over within \(progressDeadline.words)") }
    if onFailure == .hold { words.append("held when it fails") }
    if onUndecided != .hold { words.append("\(onUndecided) when undecided") }
    if supersede == .queue { words.append("newer commits wait") }
    return (words + (checks.isEmpty ? ["no checks"] : checks.map(\.words))).joined(separator: ", ")
  }
}

extension Check {
  fileprivate var words: String {
    guard case .errorRate(let question) = question else { return name }
    let most = question.max.map { ["at most \($0 * 100) % errors"] } ?? []
    return (most + (question.versusStable ? ["no more errors than stable"] : [])).joined(separator: ", ")
  }
}
