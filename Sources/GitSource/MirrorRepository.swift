import CLibgit2
package import Effects
package import Logging
package import Manifests
package import Vocabulary

/// Who the agent's commits are from.
package struct CommitAuthor: Hashable, Sendable {
  package var name: String
  package var email: String

  package init(name: String, email: String) {
    self.name = name
    self.email = email
  }
}

/// One branch of a remote repository, through a bare mirror in the state directory.
///
/// Manifests are read from tree objects: there is no work tree, no link to follow and no path to escape from.
/// libgit2 touches the network only in child processes (see ``NetworkWorker``).
package actor MirrorRepository: ConfigRepository {
  package struct Configuration: Sendable {
    /// The folder of the mirror; created when it is missing, replaced when it is broken.
    package var mirror: String
    /// `https:`, `http:`, `file:` or an absolute path.
    package var url: String
    package var branch: String
    /// The folder of the manifests within the repository; empty for its root.
    package var path: String
    package var author: CommitAuthor
    /// The deadline of each network operation.
    package var timeout: Duration
    /// The program that runs ``NetworkWorker`` when its first argument is `git-worker`.
    package var worker: String
    /// The most that one fetch may transfer.
    package var maximumPackBytes = 1 << 30
    /// The mirror's packs are brought together when there are more; as in Git's own `gc.autoPackLimit`.
    package var maximumPacks = 50
    package var limits = ManifestLimits()

    package init(
      mirror: String, url: String, branch: String, path: String, author: CommitAuthor, timeout: Duration,
      worker: String
    ) {
      self.mirror = mirror
      self.url = url
      self.branch = branch
      self.path = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
      self.author = author
      self.timeout = timeout
      self.worker = worker
    }
  }

  let configuration: Configuration
  let logger: Logger
  private let executor = SerialQueueExecutor(label: "evenkeel.git")
  private let folder: MirrorFolder
  private let network = Turnstile()
  private var cache: ManifestCache
  private var opened: Mirror?
  /// Set when something that must be in the mirror cannot be read: the next fetch makes a new one.
  private var isDamaged = false

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  package init(_ configuration: Configuration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    folder = MirrorFolder(
      path: configuration.mirror, url: configuration.url, branch: configuration.branch)
    cache = ManifestCache(limits: configuration.limits)
  }

  /// What the last call of `desired` had to read.
  package var lastRead: ReadCounts { cache.lastRead }

  // MARK: Network

  package func fetch() async throws(SourceError) -> CommitID {
    let operation = WorkerRequest.Operation.fetch(
      maximumPackBytes: configuration.maximumPackBytes, maximumPacks: configuration.maximumPacks)
    let response = try await overNetwork(operation, purpose: "fetch \(redacted(configuration.url))")
    guard case .fetched(let fetched) = response else { throw unexpectedAnswer }
    if fetched.repacked { opened = nil }
    if fetched.rewritten {
      logger.warning(
        "the branch was rewritten: its new tip does not descend from the last one",
        metadata: [
          "branch": "\(configuration.branch)", "tip": "\(fetched.tip)",
          "previous": "\(fetched.previous ?? "")",
        ])
    }
    return CommitID(fetched.tip)
  }

  package func push(_ commit: CommitID, replacing tip: CommitID) async throws(SourceError) -> PushOutcome {
    _ = try existing(commit.rawValue, "commit")
    let response = try await overNetwork(
      .push(commit: commit.rawValue, replacing: tip.rawValue),
      purpose: "push to \(redacted(configuration.url))")
    guard case .pushed(let outcome) = response else { throw unexpectedAnswer }
    switch outcome {
    case .accepted: return .accepted
    case .raced: return .raced
    case .refused(let words): return .refused(words)
    }
  }

  private var unexpectedAnswer: SourceError {
    SourceError(.unreachable, "the network worker answered another question than it was asked")
  }

  /// Runs one operation at a time in a worker. A mirror that turns out to be damaged is replaced, and the operation
  /// tried once more when the new mirror can serve it.
  private func overNetwork(_ operation: WorkerRequest.Operation, purpose: String) async throws(SourceError)
    -> WorkerResponse
  {
    await network.enter()
    do throws(SourceError) {
      try prepareMirror()
      var response = try await work(operation, purpose: purpose)
      if case .failed(let failure) = response, failure.mirrorIsDamaged {
        logger.warning(
          "the Git mirror is damaged and is made anew", metadata: ["reason": "\(failure.message)"])
        isDamaged = true
        // Only a fetch can succeed in an empty mirror.
        if case .fetch = operation {
          try prepareMirror()
          response = try await work(operation, purpose: purpose)
        }
      }
      if case .failed(let failure) = response {
        throw SourceError(SourceError.Kind(rawValue: failure.kind) ?? .unreachable, failure.message)
      }
      await network.leave()
      return response
    } catch {
      await network.leave()
      throw error
    }
  }

  private func work(_ operation: WorkerRequest.Operation, purpose: String) async throws(SourceError)
    -> WorkerResponse
  {
    let process = WorkerProcess(executable: configuration.worker, deadline: configuration.timeout)
    let request = WorkerRequest(
      mirror: configuration.mirror, url: configuration.url, branch: configuration.branch,
      lifetime: Int(configuration.timeout.components.seconds) + 2, operation: operation)
    return try await process.perform(request, purpose: purpose)
  }

  // MARK: The mirror

  /// Sees to it that there is a sound mirror of this remote.
  private func prepareMirror() throws(SourceError) {
    if isDamaged {
      opened = nil
      if folder.exists { try folder.moveAside() }
      isDamaged = false
    }
    if opened != nil { return }
    if folder.exists {
      do throws(SourceError) {
        opened = try folder.open()
        return
      } catch {
        logger.warning(
          "the Git mirror is moved aside and made anew", metadata: ["reason": "\(error.message)"])
        try folder.moveAside()
      }
    }
    try folder.create()
    opened = try folder.open()
  }

  /// The mirror, opened without the network.
  private func mirror() throws(SourceError) -> Mirror {
    if let opened { return opened }
    let mirror = try folder.open()
    opened = mirror
    return mirror
  }

  /// Works on the mirror. What cannot be read there although it must be means that the mirror is damaged.
  private func locally<Result>(_ work: (Mirror) throws(GitFailure) -> Result) throws(SourceError) -> Result {
    let mirror = try mirror()
    do {
      return try work(mirror)
    } catch {
      throw damage(error)
    }
  }

  private func damage(_ failure: GitFailure) -> SourceError {
    isDamaged = isDamaged || failure.meansDamage
    return failure.asMirrorError
  }

  /// The id of an object that a caller names. That it is not there is the caller's news, not damage.
  private func existing(_ hex: String, _ noun: String) throws(SourceError) -> ObjectID {
    let mirror = try mirror()
    guard let id = ObjectID(hex: hex), mirror.contains(id) else {
      throw SourceError(
        .notFound, "\(noun) \(oneLine(hex, limit: 60)) is not in the mirror of \(redacted(configuration.url))"
      )
    }
    return id
  }

  // MARK: Reading

  package func mirroredTip() throws(SourceError) -> CommitID? {
    // Before the first fetch there is no mirror, or one of another remote.
    if opened == nil { opened = try? folder.open() }
    if opened == nil { return nil }
    return try locally { (mirror) throws(GitFailure) in
      try mirror.target(of: "refs/heads/" + configuration.branch).map { CommitID($0.hex) }
    }
  }

  package func commit(named revision: String) throws(SourceError) -> CommitID {
    let mirror = try mirror()
    do {
      return CommitID(try mirror.commit(named: revision).hex)
    } catch {
      throw SourceError(
        .notFound,
        "\(oneLine(revision, limit: 100)) names no commit in the mirror of branch \(configuration.branch): "
          + oneLine(error.message))
    }
  }

  package func desired(at commit: CommitID) throws(SourceError) -> DesiredState {
    let id = try existing(commit.rawValue, "commit")
    let root = try locally { (mirror) throws(GitFailure) in try mirror.rootTree(of: id) }
    return try desired(in: root, named: "commit \(commit.short)")
  }

  package func desired(in tree: TreeID) throws(SourceError) -> DesiredState {
    try desired(in: existing(tree.rawValue, "tree"), named: "tree \(tree)")
  }

  private func desired(in root: ObjectID, named name: String) throws(SourceError) -> DesiredState {
    let path = configuration.path
    let folder = try locally { (mirror) throws(GitFailure) in try mirror.folder(at: path, in: root) }
    guard let folder else {
      throw SourceError(.notFound, "there is no folder \(path) in \(name) of branch \(configuration.branch)")
    }
    let mirror = try mirror()
    do throws(ReadFailure) {
      return try cache.desired(in: folder, of: mirror)
    } catch {
      switch error {
      case .git(let failure): throw damage(failure)
      case .tooLarge(let message): throw SourceError(.tooLarge, "\(name): \(message)")
      }
    }
  }

  package func history(from tip: CommitID, downTo base: CommitID?, limit: Int) throws(SourceError)
    -> [CommitSummary]
  {
    let tip = try existing(tip.rawValue, "commit")
    let base = try base.map { (base) throws(SourceError) in try existing(base.rawValue, "commit") }
    return try locally { (mirror) throws(GitFailure) in
      try mirror.history(from: tip, downTo: base, limit: limit, manifestsAt: configuration.path)
    }
  }

  package func file(_ path: String, at commit: CommitID) throws(SourceError) -> [UInt8]? {
    let id = try existing(commit.rawValue, "commit")
    let entry = try locally { (mirror) throws(GitFailure) in
      try mirror.entry(at: inRepository(path), in: mirror.rootTree(of: id))
    }
    guard let entry, entry.mode == .file else { return nil }
    let size = try locally { (mirror) throws(GitFailure) in try mirror.size(of: entry.id) }
    guard size <= configuration.limits.bytesPerFile else {
      throw SourceError(.tooLarge, "\(path) in commit \(commit.short) is larger than a manifest may be")
    }
    return try locally { (mirror) throws(GitFailure) in try mirror.bytes(of: entry.id) }
  }

  /// Whether Git would check a file out at this path, and below the folder it is relative to.
  private func isFilePath(_ path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
      !["", ".", "..", ".git"].contains(component.lowercased())
    }
  }

  /// A path that is relative to the configured one, from the root of the repository.
  private func inRepository(_ path: String) -> String {
    configuration.path.isEmpty ? path : configuration.path + "/" + path
  }

  // MARK: Writing

  package func revert(_ commits: [CommitID], onto tip: CommitID) throws(SourceError) -> RevertAttempt {
    let tip = try existing(tip.rawValue, "commit")
    var ids: [ObjectID] = []
    for commit in commits { ids.append(try existing(commit.rawValue, "commit")) }
    let merge = try locally { (mirror) throws(GitFailure) in try mirror.revert(ids, onto: tip) }
    switch merge {
    case .clean(let tree): return .tree(TreeID(tree.hex))
    case .conflict(let paths): return .conflict(paths: paths)
    }
  }

  package func tree(of commit: CommitID, replacing files: [String: [UInt8]?]) throws(SourceError) -> TreeID {
    let id = try existing(commit.rawValue, "commit")
    if let path = files.keys.first(where: { !isFilePath($0) }) {
      throw SourceError(.notFound, "\(oneLine(path, limit: 200)) is no path that a manifest can have")
    }
    let changes = Dictionary(uniqueKeysWithValues: files.map { (inRepository($0.key), $0.value) })
    let tree = try locally { (mirror) throws(GitFailure) in
      try mirror.replacing(changes, in: mirror.rootTree(of: id))
    }
    return TreeID(tree.hex)
  }

  package func commit(_ tree: TreeID, onto parent: CommitID, message: String, at time: Timestamp)
    throws(SourceError) -> CommitID
  {
    let tree = try existing(tree.rawValue, "tree")
    let parent = try existing(parent.rawValue, "commit")
    let commit = try locally { (mirror) throws(GitFailure) in
      try mirror.commit(tree, onto: parent, message: message, by: configuration.author, at: time)
    }
    return CommitID(commit.hex)
  }
}
