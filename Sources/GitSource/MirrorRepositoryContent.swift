package import Effects
package import Manifests
package import Vocabulary

/// Reading and writing the mirror; nothing in here uses the network.
extension MirrorRepository {
  /// What the last call of `desired` had to read.
  package var lastRead: ReadCounts { cache.lastRead }

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

  package func revert(_ commits: [CommitID], onto tip: CommitID) async throws(SourceError) -> RevertAttempt {
    let tip = try existing(tip.rawValue, "commit")
    var ids: [ObjectID] = []
    for commit in commits { ids.append(try existing(commit.rawValue, "commit")) }
    switch try await revert(ids, onto: tip) {
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
    async throws(SourceError) -> CommitID
  {
    let tree = try existing(tree.rawValue, "tree")
    let parent = try existing(parent.rawValue, "commit")
    let content = try locally { (mirror) throws(GitFailure) in
      try mirror.content(of: tree, onto: parent, message: message, by: configuration.author, at: time)
    }
    let signer = configuration.signingKey.map {
      CommitSigner(keyFile: $0, programs: configuration.programs)
    }
    let signature = try await signer?.sign(content)
    let commit = try locally { (mirror) throws(GitFailure) in
      try mirror.write(commit: content, signature: signature)
    }
    return CommitID(commit.hex)
  }
}
