import CLibgit2
package import Effects
package import Planning
package import Vocabulary

/// Which commits follow from which, who vouches for them, and what is kept whatever the branch does.
extension MirrorRepository {
  /// Keeps the commit in force, with all that it needs, when packs are written anew.
  private static let keptReference = "refs/evenkeel/trusted"

  package func descends(_ commit: CommitID, from ancestor: CommitID) throws(SourceError) -> Bool {
    let mirror = try mirror()
    let commit = try existing(commit.rawValue, "commit")
    guard let ancestor = ObjectID(hex: ancestor.rawValue), mirror.contains(ancestor) else { return false }
    return try locally { (mirror) throws(GitFailure) in try mirror.descends(commit, from: ancestor) }
  }

  package func keep(_ commit: CommitID) async throws(SourceError) {
    let id = try existing(commit.rawValue, "commit")
    try await alone { () throws(SourceError) in
      try locally { (mirror) throws(GitFailure) in
        guard try mirror.target(of: Self.keptReference) != id else { return }
        try mirror.set(Self.keptReference, to: id)
      }
    }
  }

  package func kept() throws(SourceError) -> CommitID? {
    try locally { (mirror) throws(GitFailure) in
      try mirror.target(of: Self.keptReference).map { CommitID($0.hex) }
    }
  }

  package func head(of commit: CommitID) throws(SourceError) -> CommitHead {
    let id = try existing(commit.rawValue, "commit")
    return try locally { (mirror) throws(GitFailure) in try mirror.head(of: id) }
  }

  package func heads(after base: CommitID, upTo tip: CommitID, limit: Int) throws(SourceError) -> [CommitHead]
  {
    let (base, tip) = (try existing(base.rawValue, "commit"), try existing(tip.rawValue, "commit"))
    let ids = try locally { (mirror) throws(GitFailure) in
      try mirror.commits(from: tip, without: base, limit: limit + 1)
    }
    guard ids.count <= limit else {
      throw SourceError(.tooLarge, "there are more than \(limit) commits from \(base.hex) to \(tip.hex)")
    }
    return try locally { (mirror) throws(GitFailure) in
      try ids.map { (id) throws(GitFailure) in try mirror.head(of: id) }
    }
  }

  // MARK: Signatures

  package func vouchers(for commits: [CommitID]) async throws(SourceError) -> [CommitID: Voucher] {
    await verification.enter()
    do throws(SourceError) {
      let found = try await check(commits)
      await verification.leave()
      return found
    } catch {
      await verification.leave()
      throw error
    }
  }

  private func check(_ commits: [CommitID]) async throws(SourceError) -> [CommitID: Voucher] {
    let signers = try configuration.signers.read()
    if signers != knownVouchers.signers { knownVouchers = KnownVouchers(signers: signers) }
    var found: [CommitID: Voucher] = [:]
    var verifier: CommitVerifier?
    defer { verifier?.close() }
    for commit in commits {
      if let known = knownVouchers.byCommit[commit] {
        found[commit] = known
        continue
      }
      let id = try existing(commit.rawValue, "commit")
      let (size, time) = try locally { (mirror) throws(GitFailure) in
        (try mirror.size(of: id), try mirror.head(of: id).committedAt)
      }
      guard size <= Self.largestCommit else {
        found[commit] = .nobody("is larger than \(Self.largestCommit >> 20) MiB")
        continue
      }
      let raw = try locally { (mirror) throws(GitFailure) in try mirror.raw(commit: id) }
      // Taken out and put back: nobody else may use it while it waits for a program.
      var working: CommitVerifier
      if let verifier {
        working = verifier
      } else {
        working = try CommitVerifier(
          signers, programs: configuration.programs, folder: configuration.mirror + ".verify")
        verifier = working
      }
      let voucher = try await working.voucher(for: raw, at: time)
      verifier = working
      knownVouchers.remember(voucher, of: commit)
      found[commit] = voucher
    }
    return found
  }

  private static let largestCommit = 1 << 20
}

/// What was found out with the same signers.
struct KnownVouchers {
  var signers: Signers?
  private(set) var byCommit: [CommitID: Voucher] = [:]

  /// Those of more commits than are ever judged at once.
  private static let bound = 20_000

  mutating func remember(_ voucher: Voucher, of commit: CommitID) {
    // A key that is not valid yet may be so later.
    if case .nobody = voucher { return }
    if byCommit.count >= Self.bound { byCommit = [:] }
    byCommit[commit] = voucher
  }
}

extension Mirror {
  func head(of id: ObjectID) throws(GitFailure) -> CommitHead {
    let commit = try self.commit(id)
    let author = git_commit_author(commit.pointer)?.pointee
    let name = author?.name.map { String(cString: $0) } ?? ""
    let address = author?.email.map { String(cString: $0) } ?? ""
    return CommitHead(
      id: CommitID(id.hex), parents: parents(of: commit).map { CommitID($0.hex) },
      author: oneLine("\(name) <\(address)>", limit: 200),
      // Whoever makes a commit may write any number into it. Beyond the year 9999 none is a time.
      committedAt: Timestamp(
        milliseconds: min(max(git_commit_time(commit.pointer), 0), 253_402_300_799) * 1000))
  }

  /// What `tip` has in its history and `base` has not, each after its parents, at most `limit` commits.
  func commits(from tip: ObjectID, without base: ObjectID, limit: Int) throws(GitFailure) -> [ObjectID] {
    let repository = repository.pointer
    let walk = try GitHandle<RevisionWalkKind>("walk the history") { git_revwalk_new($0, repository) }
    let order = GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue
    try git("walk the history") { git_revwalk_sorting(walk.pointer, order) }
    var (tip, base) = (tip.oid, base.oid)
    try git("walk the history") { git_revwalk_push(walk.pointer, &tip) }
    try git("walk the history") { git_revwalk_hide(walk.pointer, &base) }
    var found: [ObjectID] = []
    var next = git_oid()
    while found.count < limit {
      let code = git_revwalk_next(&next, walk.pointer)
      if code == GIT_ITEROVER.rawValue { break }
      try git("walk the history") { code }
      found.append(ObjectID(next))
    }
    return found
  }

  /// The bytes of a commit as they are stored.
  func raw(commit id: ObjectID) throws(GitFailure) -> [UInt8] {
    var oid = id.oid
    let object = try GitHandle<StoredObjectKind>("read commit \(id.hex)") {
      git_odb_read($0, objects.pointer, &oid)
    }
    return [UInt8](
      UnsafeRawBufferPointer(
        start: git_odb_object_data(object.pointer), count: git_odb_object_size(object.pointer)))
  }
}
