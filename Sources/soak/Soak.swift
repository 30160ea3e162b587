import ArgumentParser
import Effects
import FoundationEssentials
import GitSource
import Logging
import TestSupport
import Vocabulary

/// `make soak`.
///
/// Polls a real remote over http as the agent does, each time in a worker process of its own, with a commit now and
/// then, and looks at what grows.
struct Soak: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak", abstract: "Poll a Git server again and again, and say what grows.")

  @Option(help: "How many polls.")
  var polls = 10_000

  @Option(help: "A commit after so many of them.")
  var commitEvery = 50

  /// Memory settles during the first polls: what is read for the first time, what the allocator keeps.
  private var warmUp: Int { max(polls / 20, 50) }

  func run() async throws {
    let table = try await withTemporaryFolder { folder in
      let remote = try await GitRemote(in: folder)
      var files: [String: String] = [:]
      for number in 0..<100 { files["models/\(number).yaml"] = "number: \(number)\n" }
      try await remote.commit(files)
      try await remote.publish()
      return try await GitServer.serve(folder) { server in
        try await poll(server.url + "/config.git", remote, in: folder)
      }
    }
    print(table.text)
    let growth = table.growth
    guard growth.isEmpty else {
      for words in growth { print("error: \(words)") }
      throw ExitCode.failure
    }
  }

  private func poll(_ url: String, _ remote: GitRemote, in folder: String) async throws -> Table {
    var configuration = MirrorRepository.Configuration(
      mirror: folder + "/mirror", url: url, branch: "main", path: "models",
      author: CommitAuthor(name: "Soak", email: "soak@localhost"), timeout: .seconds(60),
      worker: "/proc/self/exe")
    // Each open pack is a descriptor: the fewer there may be, the sooner one too many is seen.
    configuration.maximumPacks = Table.packs
    let mirror = MirrorRepository(
      configuration,
      logger: Logger(label: "soak") { _ in SwiftLogNoOpLogHandler() })
    var table = Table()
    var tip = CommitID(try await remote.work("rev-parse", "HEAD"))
    for number in 1...polls {
      if number % commitEvery == 0 {
        tip = CommitID(try await remote.commit(["models/7.yaml": "number: \(number)\n"]))
        try await remote.publish()
      }
      guard try await mirror.fetch() == tip else { throw ValidationError("poll \(number) missed a commit") }
      _ = try await mirror.desired(at: tip)
      if number == warmUp || number > warmUp && number % max(polls / 10, 1) == 0 {
        table.add(try Sample(after: number, mirror: folder + "/mirror"))
      }
    }
    try await GitCommand(in: folder + "/mirror")("fsck", "--full", "--strict")
    return table
  }
}
