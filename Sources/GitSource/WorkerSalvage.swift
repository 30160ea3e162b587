import CLibgit2
import Effects
import FoundationEssentials

extension MirrorUpkeep {
  /// Below it are the references that only this host has.
  private static let ownReferences = "refs/evenkeel"
  /// How many of them are looked at: there is one for each thing that the agent remembers, not for each commit.
  private static let referenceLimit = 100

  /// Carries our own references over from a mirror that was moved aside, with all that they need and this mirror
  /// does not have. What cannot be read is left behind.
  ///
  /// Only object files and reference files of the old mirror are read, so it may have lost all the rest.
  func salvage(from aside: String) throws(WorkerFailure) -> WorkerResponse.Salvaged {
    var result = WorkerResponse.Salvaged(saved: [], lost: [])
    for name in references(below: Self.ownReferences, of: aside).prefix(Self.referenceLimit) {
      do throws(GitFailure) {
        guard let text = try? String(contentsOfFile: "\(aside)/\(name)", encoding: .utf8),
          let target = ObjectID(hex: oneLine(text))
        else { throw GitFailure(operation: "read it", code: -1, category: 0, message: "it names no commit") }
        if try mirror.target(of: name) == nil {
          try copy(target, from: aside)
          try mirror.set(name, to: target)
        }
        result.saved.append(name)
      } catch {
        result.lost.append("\(name): cannot \(error.operation): \(oneLine(error.message))")
      }
    }
    return result
  }

  private func references(below prefix: String, of folder: String) -> [String] {
    contents(of: "\(folder)/\(prefix)").sorted { $0.name < $1.name }.flatMap { name, isFolder in
      isFolder ? references(below: "\(prefix)/\(name)", of: folder) : ["\(prefix)/\(name)"]
    }
  }

  /// Copies a commit with its history, down to what this mirror has already.
  private func copy(_ commit: ObjectID, from aside: String) throws(GitFailure) {
    let objects = try GitHandle<ObjectDatabaseKind>("open the objects") {
      git_odb_open($0, folder + "/objects")
    }
    // What this mirror has does not have to be readable in the old one.
    try git("open the objects") { git_odb_add_disk_alternate(objects.pointer, aside + "/objects") }
    let source = try GitRepository("open the objects") { git_repository_wrap_odb($0, objects.pointer) }
    let walk = try GitHandle<RevisionWalkKind>("walk its history") { git_revwalk_new($0, source.pointer) }
    var wanted = commit.oid
    try git("find its commit") { git_revwalk_push(walk.pointer, &wanted) }
    for known in try tips() {
      var oid = known.oid
      try git("walk its history") { git_revwalk_hide(walk.pointer, &oid) }
    }
    let builder = try GitHandle<PackBuilderKind>("copy its objects") {
      git_packbuilder_new($0, source.pointer)
    }
    try git("copy its objects") { git_packbuilder_insert_walk(builder.pointer, walk.pointer) }
    guard git_packbuilder_object_count(builder.pointer) > 0 else { return }
    let packs = packFolder(of: folder)
    try git("copy its objects") { git_packbuilder_write(builder.pointer, packs, 0, nil, nil) }
    try git("see the new pack") { git_odb_refresh(mirror.objects.pointer) }
    guard mirror.contains(commit) else {
      throw GitFailure(operation: "copy its objects", code: -1, category: 0, message: "they did not arrive")
    }
  }

  /// The commits that this mirror's branches point at.
  private func tips() throws(GitFailure) -> [ObjectID] {
    let branches =
      references(below: "refs/heads", of: folder) + references(below: Self.ownReferences, of: folder)
    var found: [ObjectID] = []
    for name in branches { try mirror.target(of: name).map { found.append($0) } }
    return found
  }
}
