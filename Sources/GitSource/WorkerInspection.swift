import CLibgit2
import Effects

extension WorkerSession {
  /// Looks at the size of every object in a pack that has just come. A few KiB can unpack to any size, and the agent
  /// that reads an object has it in memory whole.
  func inspect(pack name: String) throws(WorkerFailure) {
    let inspection = Inspection(maximumBytes: bounds.objectBytes, meter)
    try locally { () throws(GitFailure) in
      let objects = try database(of: name)
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
    throw tooLarge(id, bytes: size)
  }

  /// The objects of one pack, and no others.
  func database(of pack: String) throws(GitFailure) -> GitHandle<ObjectDatabaseKind> {
    let index = "\(packFolder(of: folder))/\(pack).idx"
    let objects = try GitHandle<ObjectDatabaseKind>("inspect the commits") { git_odb_new($0) }
    var backend: OpaquePointer?
    try git("inspect the commits") { git_odb_backend_one_pack(&backend, index) }
    // From here on the pack belongs to the database.
    try git("inspect the commits") { git_odb_add_backend(objects.pointer, backend, 1) }
    return objects
  }

  func tooLarge(_ id: ObjectID, bytes size: Int) -> WorkerFailure {
    WorkerFailure(
      .tooLarge,
      "\(redacted(url)) holds an object of \(inMebibytes(size)) (\(id.hex)), and no more than "
        + "\(inMebibytes(bounds.objectBytes)) are taken: remove it from the history of branch \(branch)")
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
