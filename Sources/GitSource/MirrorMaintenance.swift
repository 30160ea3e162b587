import CLibgit2
import Effects
import FoundationEssentials

/// The mirror in the worker without a remote: what is done to it for its own sake.
struct MirrorUpkeep {
  let folder: String
  let mirror: Mirror
  private let lock: MirrorLock

  init(_ folder: String) throws(WorkerFailure) {
    self.folder = folder
    lock = try MirrorLock(folder: folder)
    do {
      mirror = try Mirror(opening: folder)
    } catch {
      throw WorkerFailure(mirror: error)
    }
  }

  /// Reads what a power cut or a full disk may have cut short: the tip, and every object in a file of its own, which
  /// are those that the agent has written itself.
  ///
  /// libgit2 1.5 never comes to the end of such a file that is cut short. That is why this is done in here, where
  /// somebody waits with a deadline, before the agent reads the mirror.
  func check(branch: String) throws(WorkerFailure) {
    do {
      _ = try mirror.completeTip(of: "refs/heads/" + branch)
      for id in looseObjects() {
        var oid = id.oid
        _ = try GitHandle<StoredObjectKind>("read object \(id.hex)") {
          git_odb_read($0, mirror.objects.pointer, &oid)
        }
      }
    } catch {
      throw WorkerFailure(mirror: error)
    }
  }

  private func looseObjects() -> [ObjectID] {
    contents(of: folder + "/objects").filter { $0.name.utf8.count == 2 }.flatMap { folder in
      contents(of: "\(self.folder)/objects/\(folder.name)").compactMap {
        ObjectID(hex: folder.name + $0.name)
      }
    }
  }

  /// Every fetch adds a pack, and a lookup asks one pack after the other. So after some fetches the packs are
  /// written anew as one.
  ///
  /// - Parameter limit: With no more packs than this nothing is done.
  func consolidatePacks(over limit: Int) throws(WorkerFailure) -> WorkerResponse.Maintained {
    let old = packNames(of: folder)
    guard old.count > limit else { return .init(repacked: false) }
    do {
      let kept = try mirror.writePack(into: packFolder(of: folder))
      for name in old where name != kept { removePack(name, of: folder) }
    } catch {
      throw WorkerFailure(mirror: error)
    }
    return .init(repacked: true)
  }
}

extension Mirror {
  /// What a branch points at. It has to be readable: a mirror that claims to have what it lacks would never be sent it.
  func completeTip(of branch: String) throws(GitFailure) -> ObjectID? {
    guard let tip = try target(of: branch) else { return nil }
    _ = try tree(rootTree(of: tip))
    return tip
  }

  /// Writes all that the references reach into one new pack.
  ///
  /// - Returns: The pack's name, without a suffix.
  fileprivate func writePack(into folder: String) throws(GitFailure) -> String {
    let repository = repository.pointer
    let walk = try GitHandle<RevisionWalkKind>("walk the history") { git_revwalk_new($0, repository) }
    try git("walk the history") { git_revwalk_push_glob(walk.pointer, "refs/*") }
    let builder = try GitHandle<PackBuilderKind>("prepare a pack") { git_packbuilder_new($0, repository) }
    try git("collect the objects") { git_packbuilder_insert_walk(builder.pointer, walk.pointer) }
    try git("write a pack") { git_packbuilder_write(builder.pointer, folder, 0, nil, nil) }
    guard let name = git_packbuilder_name(builder.pointer) else {
      throw GitFailure(operation: "write a pack", code: -1, category: 0, message: "it has no name")
    }
    return "pack-" + String(cString: name)
  }
}

func packFolder(of mirror: String) -> String { mirror + "/objects/pack" }

/// The names of a mirror's packs, without a suffix.
func packNames(of mirror: String) -> Set<String> {
  Set(
    contents(of: packFolder(of: mirror)).map(\.name).filter { $0.hasSuffix(".idx") }
      .map { String($0.dropLast(".idx".count)) })
}

func removePack(_ name: String, of mirror: String) {
  // The index goes first: without it nobody looks for the pack.
  for suffix in [".idx", ".pack"] {
    try? FileManager.default.removeItem(atPath: "\(packFolder(of: mirror))/\(name)\(suffix)")
  }
}
