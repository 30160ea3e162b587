import CLibgit2
import Effects

extension WorkerSession {
  /// Looks at the size of every object in a pack that has just come. A few KiB can unpack to any size, and the agent
  /// that reads an object has it in memory whole.
  func inspect(pack name: String) throws(WorkerFailure) {
    let inspection = Inspection(maximumBytes: bounds.objectBytes, meter)
    let index = "\(packFolder(of: folder))/\(name).idx"
    try locally { () throws(GitFailure) in
      let objects = try GitHandle<ObjectDatabaseKind>("inspect the commits") { git_odb_new($0) }
      var pack: OpaquePointer?
      try git("inspect the commits") { git_odb_backend_one_pack(&pack, index) }
      // From here on the pack belongs to the database.
      try git("inspect the commits") { git_odb_add_backend(objects.pointer, pack, 1) }
      inspection.objects = objects.pointer
      do throws(GitFailure) {
        _ = try withExtendedLifetime(inspection) { () throws(GitFailure) in
          try git("inspect the commits") {
            git_odb_foreach(objects.pointer, inspectObject, Unmanaged.passUnretained(inspection).toOpaque())
          }
        }
      } catch  where inspection.offender != nil {}
    }
    guard let (id, size) = inspection.offender else { return }
    throw WorkerFailure(
      .tooLarge,
      "\(redacted(url)) holds an object of \(inMebibytes(size)) (\(id.hex)), and no more than "
        + "\(inMebibytes(bounds.objectBytes)) are taken: remove it from the history of branch \(branch)")
  }
}

extension WorkerSession {
  /// Sees to it that a commit has come with all that it needs. A remote need not send what it lists.
  ///
  /// - Parameter known: A commit that is complete already.
  func requireComplete(_ tip: ObjectID, beyond known: ObjectID?) throws(WorkerFailure) {
    do {
      try collectAll(of: tip, beyond: known)
    } catch {
      throw WorkerFailure(
        .unreachable, "\(redacted(url)) does not send all of branch \(branch): \(oneLine(error.message))")
    }
  }

  /// Collects every object that a pack of these commits would have, and so finds what is missing.
  private func collectAll(of tip: ObjectID, beyond known: ObjectID?) throws(GitFailure) {
    let repository = mirror.repository.pointer
    let walk = try GitHandle<RevisionWalkKind>("read all of it") { git_revwalk_new($0, repository) }
    var (tip, old) = (tip.oid, known?.oid ?? git_oid())
    try git("read all of it") { git_revwalk_push(walk.pointer, &tip) }
    if known != nil { try git("read all of it") { git_revwalk_hide(walk.pointer, &old) } }
    let builder = try GitHandle<PackBuilderKind>("read all of it") { git_packbuilder_new($0, repository) }
    try git("read all of it") { git_packbuilder_insert_walk(builder.pointer, walk.pointer) }
  }
}

private final class Inspection {
  let maximumBytes: Int
  let meter: Meter
  var objects: OpaquePointer?
  /// The first object that is too large.
  var offender: (ObjectID, bytes: Int)?

  init(maximumBytes: Int, _ meter: Meter) {
    self.maximumBytes = maximumBytes
    self.meter = meter
  }
}

private let inspectObject: git_odb_foreach_cb = { id, payload in
  guard let id, let payload else { return 0 }
  let inspection = Unmanaged<Inspection>.fromOpaque(payload).takeUnretainedValue()
  inspection.meter.worked()
  var size = 0
  var type = GIT_OBJECT_INVALID
  let code = git_odb_read_header(&size, &type, inspection.objects, id)
  guard code == 0 else { return code }
  guard size > inspection.maximumBytes else { return 0 }
  inspection.offender = (ObjectID(id.pointee), size)
  return GIT_EUSER.rawValue
}
