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
    /// `https:`, `http:`, `ssh:`, `file:` or an absolute path.
    package var url: String
    package var branch: String
    /// The folder of the manifests within the repository; empty for its root.
    package var path: String
    package var author: CommitAuthor
    /// How long a network operation may go on without getting any further.
    package var timeout: Duration
    /// How long a transfer may take that does get further.
    package var longestTransfer = Duration.seconds(1800)
    /// How long bringing the packs together may take.
    package var longestMaintenance = Duration.seconds(300)
    /// The program that runs ``NetworkWorker`` when its first argument is `git-worker`.
    package var worker: String
    package var credentials: AgentSettings.Credentials?
    /// A file with the certificates of the authorities that may vouch for the server; the host's own when `nil`.
    package var authorities: String?
    /// The SSH private key that signs the agent's commits; `nil` when they are not signed.
    package var signingKey: String?
    /// Whose signatures count.
    package var signers = SignerFiles()
    /// Where `ssh-keygen` and `gpg` are looked for.
    package var programs = HelperProgram.usualFolders
    /// How much of what the remote sends is taken.
    package var bounds = TransferBounds()
    /// The mirror's packs are brought together when there are more; as in Git's own `gc.autoPackLimit`.
    package var maximumPacks = 50
    package var limits = ManifestLimits()
    /// The installed Git: a path, or a name that is looked up.
    package var git = "git"

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
  let folder: MirrorFolder
  let network = Turnstile()
  /// Merges that need a folder of attributes take turns: there is one such folder.
  let merging = Turnstile()
  let verification = Turnstile()
  var knownVouchers = KnownVouchers()
  var cache: ManifestCache
  var opened: Mirror?
  /// Set when something that must be in the mirror cannot be read: the next fetch makes a new one.
  var isDamaged = false
  /// Whether a worker has read the mirror, and nothing since then has made it suspect.
  var isChecked = false
  var isMaintaining = false
  /// How many packs there were when bringing them together failed; 0 when it did not.
  var packsAtLastFailure = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  package init(_ configuration: Configuration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    folder = MirrorFolder(
      path: configuration.mirror, url: configuration.url, branch: configuration.branch)
    cache = ManifestCache(limits: configuration.limits)
  }

  // MARK: Network

  package func fetch() async throws(SourceError) -> CommitID {
    let response = try await overNetwork(
      .fetch, on: configuration.branch, purpose: "fetch \(redacted(configuration.url))")
    guard case .fetched(let fetched) = response else { throw unexpectedAnswer }
    maintain(packs: fetched.packs, isBusy: fetched.tip != fetched.previous)
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
    let push = WorkerRequest.Operation.push(
      commit: commit.rawValue, replacing: tip.rawValue, mayRewrite: false)
    return try await self.push(push, to: configuration.branch)
  }

  func push(_ push: WorkerRequest.Operation, to branch: String) async throws(SourceError) -> PushOutcome {
    let response: WorkerResponse
    do throws(SourceError) {
      response = try await overNetwork(
        push, on: branch, purpose: "push to \(redacted(configuration.url))")
    } catch {
      // Reading may be open to everybody, or to a key that must not write.
      guard error.kind == .denied else { throw error }
      return .refused(PushRefusal(.denied, error.message))
    }
    guard case .pushed(let outcome) = response else { throw unexpectedAnswer }
    switch outcome {
    case .accepted: return .accepted
    case .raced: return .raced
    case .refused(let refusal): return .refused(refusal)
    }
  }

  /// Runs a change of the mirror while no worker of ours uses it: a worker clears away what it takes for leftovers of
  /// earlier ones.
  func alone(_ work: () throws(SourceError) -> Void) async throws(SourceError) {
    await network.enter()
    do throws(SourceError) {
      try work()
      await network.leave()
    } catch {
      await network.leave()
      throw error
    }
  }

  var unexpectedAnswer: SourceError {
    SourceError(.unreachable, "the network worker answered another question than it was asked")
  }

  /// Runs one operation at a time in a worker. A mirror that turns out to be damaged is replaced, and the operation
  /// tried once more when the new mirror can serve it.
  func overNetwork(_ operation: WorkerRequest.Operation, on branch: String, purpose: String)
    async throws(SourceError) -> WorkerResponse
  {
    await network.enter()
    do throws(SourceError) {
      try await prepareMirror()
      var response = try await work(
        operation, on: branch, patience: patience(for: operation), purpose: purpose)
      if case .failed(let failure) = response, failure.mirrorIsDamaged {
        logger.warning(
          "the Git mirror is damaged and is made anew", metadata: ["reason": "\(failure.message)"])
        isDamaged = true
        // Only a fetch can succeed in an empty mirror.
        if case .fetch = operation {
          try await prepareMirror()
          response = try await work(
            operation, on: branch, patience: patience(for: operation), purpose: purpose)
        }
      }
      if case .failed(let failure) = response {
        throw SourceError(SourceError.Kind(rawValue: failure.kind) ?? .unreachable, failure.message)
      }
      if case .fetch = operation { await salvage() }
      await network.leave()
      return response
    } catch {
      await network.leave()
      throw error
    }
  }

  // MARK: The mirror

  /// The mirror, opened without the network.
  func mirror() throws(SourceError) -> Mirror {
    if let opened { return opened }
    let mirror = try folder.open()
    opened = mirror
    return mirror
  }

  /// Works on the mirror. What cannot be read there although it must be means that the mirror is damaged.
  func locally<Result>(_ work: (Mirror) throws(GitFailure) -> Result) throws(SourceError) -> Result {
    let mirror = try mirror()
    do {
      return try work(mirror)
    } catch {
      throw damage(error)
    }
  }

  func damage(_ failure: GitFailure) -> SourceError {
    isDamaged = isDamaged || failure.meansDamage
    return failure.asMirrorError
  }

  /// The id of an object that a caller names. That it is not there is the caller's news, not damage.
  func existing(_ hex: String, _ noun: String) throws(SourceError) -> ObjectID {
    let mirror = try mirror()
    guard let id = ObjectID(hex: hex), mirror.contains(id) else {
      throw SourceError(
        .notFound, "\(noun) \(oneLine(hex, limit: 60)) is not in the mirror of \(redacted(configuration.url))"
      )
    }
    return id
  }
}
