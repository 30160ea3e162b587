import CLibgit2
import Effects
import FoundationEssentials

extension WorkerSession {
  /// Sees to it that a commit is here with all that it needs, and that none of it is too large. A remote need not send
  /// what it lists.
  ///
  /// - Parameter known: A commit for which this has been seen to already.
  func requireSound(_ tip: ObjectID, beyond known: ObjectID?) throws(WorkerFailure) {
    let visit = ObjectVisit(mirror, maximumBytes: bounds.objectBytes, meter)
    do {
      try visit.run(tip, beyond: known)
    } catch {
      if let (id, size) = visit.offender { throw tooLarge(id, bytes: size) }
      throw WorkerFailure(
        .unreachable, "\(redacted(url)) does not send all of branch \(branch): \(oneLine(error.message))")
    }
  }

  /// Does the same for a commit that is here before it was asked for. It may be one that this mirror has pushed, or
  /// was given earlier. Or a worker was killed after it had received the pack and before it had looked at it.
  func requireSoundLeftover(_ tip: ObjectID, beyond known: ObjectID?) throws(WorkerFailure) {
    meter.expectPack(of: branch, atMost: bounds.packBytes)
    do throws(WorkerFailure) {
      try requireSound(tip, beyond: known)
    } catch {
      var failure = error
      let isForgotten = forget(tip, keeping: known)
      // What cannot be removed by itself would never be asked for again.
      failure.mirrorIsDamaged = !isForgotten && failure.error.kind != .tooLarge
      throw failure
    }
  }

  /// Removes whatever holds a commit, so that the next fetch asks the remote for it; but no pack that holds `known`.
  ///
  /// - Returns: Whether the commit is gone.
  private func forget(_ commit: ObjectID, keeping known: ObjectID?) -> Bool {
    let hex = commit.hex
    try? FileManager.default.removeItem(atPath: "\(folder)/objects/\(hex.prefix(2))/\(hex.dropFirst(2))")
    let holders = packNames(of: folder).filter { isHeld(commit, by: $0) }
    let removable = holders.filter { pack in known.map { !isHeld($0, by: pack) } ?? true }
    for pack in removable { removePack(pack, of: folder) }
    return removable == holders
  }

  private func isHeld(_ id: ObjectID, by pack: String) -> Bool {
    guard let objects = try? database(of: pack) else { return false }
    var oid = id.oid
    return git_odb_exists(objects.pointer, &oid) == 1
  }
}

/// Looks once at every object that a commit needs and a known one does not lead to.
private final class ObjectVisit {
  private let mirror: Mirror
  private let maximumBytes: Int
  private let meter: Meter
  /// The first object that is too large.
  private(set) var offender: (ObjectID, bytes: Int)?
  /// Apart, because a tree may name one object as both.
  private var folders: Set<ObjectID> = []
  private var files: Set<ObjectID> = []
  private var pending: [Folder] = []

  /// A folder that is still to be read.
  private struct Folder {
    let id: ObjectID
    /// The folders at the same path of known commits: what these hold has been looked at.
    let known: [ObjectID]
  }

  /// Known commits that are compared with. They only save work, and more of them save hardly any.
  private static let comparedCommits = 4

  init(_ mirror: Mirror, maximumBytes: Int, _ meter: Meter) {
    self.mirror = mirror
    self.maximumBytes = maximumBytes
    self.meter = meter
  }

  /// - Throws: When something is missing, cannot be read, or is too large; then there is an ``offender``.
  func run(_ tip: ObjectID, beyond known: ObjectID?) throws(GitFailure) {
    let commits = try commits(of: tip, beyond: known)
    for commit in commits { try look(at: commit) }
    let compared = try knownRoots(below: commits)
    for commit in commits {
      try meet(mirror.rootTree(of: commit), besides: compared)
      while let folder = pending.popLast() { try read(folder) }
    }
  }

  private func commits(of tip: ObjectID, beyond known: ObjectID?) throws(GitFailure) -> [ObjectID] {
    let repository = mirror.repository.pointer
    let walk = try GitHandle<RevisionWalkKind>("read the history") { git_revwalk_new($0, repository) }
    // It hides nothing: it is told of each commit while libgit2 looks for where the known history begins.
    try git("read the history") {
      git_revwalk_add_hide_cb(walk.pointer, seeCommit, Unmanaged.passUnretained(meter).toOpaque())
    }
    var oid = tip.oid
    try git("read the history") { git_revwalk_push(walk.pointer, &oid) }
    if let known {
      oid = known.oid
      try git("read the history") { git_revwalk_hide(walk.pointer, &oid) }
    }
    var found: [ObjectID] = []
    while true {
      let code = git_revwalk_next(&oid, walk.pointer)
      if code == GIT_ITEROVER.rawValue { return found }
      try git("read the history") { code }
      meter.worked()
      found.append(ObjectID(oid))
    }
  }

  /// The root trees of known commits that others follow directly.
  private func knownRoots(below commits: [ObjectID]) throws(GitFailure) -> [ObjectID] {
    let new = Set(commits)
    var known: Set<ObjectID> = []
    for id in commits {
      meter.worked()
      for parent in mirror.parents(of: try mirror.commit(id)) where !new.contains(parent) {
        known.insert(parent)
        if known.count == Self.comparedCommits { break }
      }
      if known.count == Self.comparedCommits { break }
    }
    var roots: [ObjectID] = []
    for commit in known { roots.append(try mirror.rootTree(of: commit)) }
    return roots
  }

  private func meet(_ folder: ObjectID, besides known: [ObjectID]) throws(GitFailure) {
    guard !known.contains(folder), folders.insert(folder).inserted else { return }
    try look(at: folder)
    pending.append(Folder(id: folder, known: known))
  }

  private func read(_ folder: Folder) throws(GitFailure) {
    var knownFolders: [String: [ObjectID]] = [:]
    var knownFiles: Set<ObjectID> = []
    for known in folder.known {
      try forEachEntry(of: known) { (id, type, name) throws(GitFailure) in
        if type == GIT_OBJECT_TREE { knownFolders[name, default: []].append(id) }
        if type == GIT_OBJECT_BLOB { knownFiles.insert(id) }
      }
    }
    try forEachEntry(of: folder.id) { (id, type, name) throws(GitFailure) in
      if type == GIT_OBJECT_TREE { try meet(id, besides: knownFolders[name] ?? []) }
      if type == GIT_OBJECT_BLOB, !knownFiles.contains(id), files.insert(id).inserted { try look(at: id) }
    }
  }

  private func forEachEntry(
    of folder: ObjectID, _ body: (ObjectID, git_object_t, String) throws(GitFailure) -> Void
  ) throws(GitFailure) {
    let tree = try mirror.tree(folder)
    for index in 0..<git_tree_entrycount(tree.pointer) {
      guard let entry = git_tree_entry_byindex(tree.pointer, index), let oid = git_tree_entry_id(entry),
        let name = git_tree_entry_name(entry)
      else { continue }
      try body(ObjectID(oid.pointee), git_tree_entry_type(entry), String(cString: name))
    }
  }

  /// Sees to it that an object is here, and not too large to be read.
  private func look(at id: ObjectID) throws(GitFailure) {
    meter.worked()
    let size = try mirror.size(of: id)
    guard size > maximumBytes else { return }
    offender = (id, size)
    throw GitFailure(
      operation: "inspect the commits", code: GIT_EUSER.rawValue, category: 0,
      message: "\(id.hex) is too large")
  }
}

private let seeCommit: git_revwalk_hide_cb = { _, payload in
  if let payload { Unmanaged<Meter>.fromOpaque(payload).takeUnretainedValue().worked() }
  return 0
}
