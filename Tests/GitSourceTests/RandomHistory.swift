/// A branch with merges, made from a seed, and reverts to try on it.
struct RandomHistory {
  struct Commit {
    /// Its mark in the stream of `git fast-import`.
    var mark: Int
    var parents: [Int]
    var tree: RandomTree
    /// What was done, for the story of a test that fails.
    var story: String
  }

  /// Commits to revert on top of a tip, in this order; all by their marks.
  struct Revert: Hashable {
    var tip: Int
    var commits: [Int]
  }

  let seed: Int
  /// In the order in which they were made.
  private(set) var commits: [Commit] = []
  private(set) var reverts: [Revert] = []
  /// The branch by first parents, oldest first.
  private var branch: [Commit] = []
  private var dice: SeededDice
  private let firstMark: Int

  init(seed: Int, firstMark: Int) {
    self.seed = seed
    self.firstMark = firstMark
    dice = SeededDice(seed: UInt64(seed))
    branch = [commit(RandomTree(&dice), onto: [], "begin")]
    for _ in 0..<Int.random(in: 2...9, using: &dice) { grow() }
    chooseReverts()
  }

  var tip: Int { branch.last?.mark ?? firstMark }

  /// Every revert of one commit on top of any later one; the nearest first.
  var simpleReverts: [Revert] {
    (0..<branch.count).flatMap { distance in
      branch.indices.dropFirst(distance).map {
        Revert(tip: branch[$0].mark, commits: [branch[$0 - distance].mark])
      }
    }
  }

  private mutating func grow() {
    guard let tip = branch.last else { return }
    if branch.count > 1, dice.happens(20) {
      branch.append(merge(into: tip))
    } else {
      branch.append(changed(tip))
    }
  }

  /// A commit with one to four changes.
  private mutating func changed(_ parent: Commit) -> Commit {
    var tree = parent.tree
    let words = (0...dice.below(4)).map { _ in tree.change(&dice, earlier: commits.map(\.tree)) }
    return commit(tree, onto: [parent], words.joined(separator: "; "))
  }

  /// Merges a side branch of one or two commits that began somewhere on this one. What both have changed is as on the
  /// side branch.
  private mutating func merge(into tip: Commit) -> Commit {
    let fork = dice.pick(branch.dropLast())
    var side = fork
    for _ in 0...dice.below(2) { side = changed(side) }
    var tree = tip.tree
    tree.apply(from: fork.tree, to: side.tree)
    return commit(tree, onto: [tip, side], "merge :\(side.mark)")
  }

  private mutating func commit(_ tree: RandomTree, onto parents: [Commit], _ story: String) -> Commit {
    let made = Commit(
      mark: firstMark + commits.count, parents: parents.map(\.mark), tree: tree, story: story)
    commits.append(made)
    return made
  }

  private mutating func chooseReverts() {
    let newestFirst = branch.map(\.mark).reversed()
    var chosen: Set<Revert> = []
    // One commit alone, wherever it is; then several, mostly in the order in which people revert.
    for _ in 0..<3 { chosen.insert(Revert(tip: tip, commits: [dice.pick(Array(newestFirst))])) }
    var several = newestFirst.filter { _ in dice.happens(30) }
    if dice.happens(20) { several.shuffle(using: &dice) }
    if !several.isEmpty { chosen.insert(Revert(tip: tip, commits: several)) }
    reverts = chosen.sorted { ($0.commits.count, $0.commits[0]) < ($1.commits.count, $1.commits[0]) }
  }
}

extension RandomHistory {
  /// The commits in the language of `git fast-import`, on a branch of their own.
  var stream: String {
    commits.map { commit in
      let message = "Seed \(seed): \(commit.story)"
      var text = "commit refs/heads/seed-\(seed)\nmark :\(commit.mark)\n"
      text += "committer Test Author <author@example.com> 1772366400 +0000\n"
      text += "data \(message.utf8.count)\n\(message)\n"
      for (index, parent) in commit.parents.enumerated() {
        text += "\(index == 0 ? "from" : "merge") :\(parent)\n"
      }
      text += "deleteall\n"
      for path in commit.tree.paths {
        guard let file = commit.tree[path] else { continue }
        if file.mode == .submodule {
          text += "M \(file.mode.rawValue) \(file.text) \(quoted(path))\n"
        } else {
          text +=
            "M \(file.mode.rawValue) inline \(quoted(path))\ndata \(file.text.utf8.count)\n\(file.text)\n"
        }
      }
      return text
    }.joined()
  }

  private func quoted(_ path: String) -> String { "\"\(path.replacing("\t", with: "\\t"))\"" }

  /// What led to a revert, for people.
  func story(of revert: Revert) -> String {
    let lines = commits.prefix { $0.mark <= revert.tip }.map { commit in
      let marks = revert.commits.contains(commit.mark) ? " <- to be reverted" : ""
      let parents = commit.parents.map { ":\($0)" }.joined(separator: " ")
      return "  :\(commit.mark) (\(parents)) \(commit.story)\(marks)"
    }
    let order = revert.commits.map { ":\($0)" }.joined(separator: ", ")
    return "seed \(seed): revert \(order) on top of :\(revert.tip)\n" + lines.joined(separator: "\n")
  }
}
