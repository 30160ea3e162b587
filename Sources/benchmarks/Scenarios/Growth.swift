import Effects
import GitSource
import Manifests
import TestSupport
import Vocabulary

extension Scenario {
  /// How the work with a repository grows with its manifests and with its history: the same four pieces of work beside
  /// the same commands of `git`, in repositories of several sizes. The largest one is also checked against `git` for what
  /// is read from it.
  static let growth = Scenario(name: "growth") { scale in
    var figures: [[Figure]] = []
    for history in scale.histories {
      for models in scale.fleets {
        Progress.say("growth: \(models) manifests, \(history) commits …")
        var size = scale
        (size.models, size.history, size.rounds) = (models, history, scale.rounds / 3)
        let grown = try await withFleetServer(size) { try await grow($0, size) }
        for figure in grown { Progress.say("  \(figure.line)") }
        figures.append(grown)
      }
    }
    // One kind of work after the other, so that its growth is read downwards.
    return figures[0].indices.flatMap { work in figures.map { $0[work] } }
  }
}

extension Scale {
  fileprivate var fleets: [Int] { models < 10_000 ? [10, models] : [10, 1000, models] }
  fileprivate var histories: [Int] { models < 10_000 ? [history] : [history, history * 100] }
}

private func grow(_ fleet: ServedFleet, _ size: Scale) async throws -> [Figure] {
  let clone = try await fleet.clone(rounds: 1)
  try await fleet.compareWithGit()
  let host = try await fleet.host()
  let unchanged = try await fleet.pollUnchanged(host, rounds: size.rounds)
  let changed = try await fleet.pollChanged(host, rounds: size.rounds)
  let stage = try await RevertStage(fleet.remote, in: fleet.folder + "/revert")
  let revert = try await stage.revertByTurns(rounds: size.rounds)
  // The bars are those of 10,000 manifests.
  let isBarred = size.models == 10_000
  func figure(_ work: String, _ samples: (Samples, Samples), _ command: String, _ most: Double?) -> Figure {
    Figure(
      work: "\(work): \(size.models) manifests, \(size.history) commits", unit: .seconds, ours: samples.0,
      beside: (command, samples.1), bar: isBarred ? most.map(Figure.Bar.ratio) ?? .none : .none)
  }
  return [
    figure("nothing changed", unchanged, "git ls-remote", 1.5),
    figure("one change", changed, "git fetch", 2),
    figure("first clone", clone, "git clone", nil),
    figure("revert", revert, "git revert", 1),
  ]
}

extension ServedFleet {
  /// A fresh mirror with all manifests read, beside a fresh checkout.
  fileprivate func clone(rounds: Int) async throws -> (Samples, Samples) {
    let git = GitCommand(in: folder)
    return try await byTurns(rounds: rounds) { round in
      let own = folder + "/clone-\(round)"
      defer { removeFolder(own) }
      let mirror = MirrorRepository(mirrorConfiguration(in: own, url: url), logger: .silent)
      return try await seconds {
        let state = try await mirror.desired(at: mirror.fetch())
        try require(state.models.count == remote.fleet.models, "\(state.models.count) models were read")
      }
    } theirs: { round in
      let own = folder + "/checkout-\(round)"
      defer { removeFolder(own) }
      return try await seconds { try await git("clone", "--quiet", url, own) }
    }
  }

  /// Tip, history and files of a mirror are those that `git` names.
  fileprivate func compareWithGit() async throws {
    let own = folder + "/compared"
    defer { removeFolder(own) }
    let mirror = MirrorRepository(mirrorConfiguration(in: own, url: url), logger: .silent)
    let tip = try await mirror.fetch()
    let bare = remote.remote.bare
    try require(tip.rawValue == (try await bare("rev-parse", "main")), "the tips differ")
    let walk = try await mirror.history(from: tip, downTo: nil, limit: 200_000)
    let log = try await bare("log", "--first-parent", "--format=%H", "main")
    try require(
      walk.map(\.id.rawValue) == log.split(separator: "\n").map(String.init), "the histories differ")
    let files = try await mirror.desired(at: tip).models.values.map(\.file)
    let listing = try await bare("ls-tree", "-r", "--name-only", "main").split(separator: "\n").map(
      String.init)
    try require(
      files.sorted() == listing.filter { $0 != ManifestFleet.platformPath }.sorted(), "the files differ")
  }
}
