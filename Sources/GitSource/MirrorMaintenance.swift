import CLibgit2
import FoundationEssentials

/// Every fetch adds a pack, and a lookup asks one pack after the other. So after some fetches the packs are
/// written anew as one.
extension Mirror {
  /// - Parameter limit: With no more packs than this nothing is done.
  /// - Returns: Whether the packs were replaced; a handle that was opened before may still miss the new one.
  func consolidatePacks(over limit: Int, in folder: String) throws(GitFailure) -> Bool {
    let packFolder = folder + "/objects/pack"
    let old = packNames(in: packFolder)
    guard old.count > limit else { return false }
    let kept = try writePack(into: packFolder)
    for name in old where name != kept {
      // The index goes first: without it nobody looks for the pack.
      for suffix in [".idx", ".pack"] {
        try? FileManager.default.removeItem(atPath: "\(packFolder)/\(name)\(suffix)")
      }
    }
    return true
  }

  private func packNames(in folder: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".idx") }.map { String($0.dropLast(".idx".count)) }
  }

  /// Writes all that the references reach into one new pack.
  ///
  /// - Returns: The pack's name, without a suffix.
  private func writePack(into folder: String) throws(GitFailure) -> String {
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
