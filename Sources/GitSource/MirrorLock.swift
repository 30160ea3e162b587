import Effects
import FoundationEssentials
import Glibc

/// The right to change the mirror's references and packs. The kernel takes it back when the process ends, however
/// it ends; so whatever lock or temporary file lies about while we hold it was left by a worker that was killed.
final class MirrorLock {
  private let descriptor: Int32

  init(folder: String) throws(WorkerFailure) {
    descriptor = open(folder + "/evenkeel-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    // Waits for another worker; the deadline ends that wait too.
    guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
      throw WorkerFailure(.mirror, "cannot lock the mirror \(folder): \(String(cString: strerror(errno)))")
    }
    removeLeftovers(in: folder + "/objects/pack") { name in
      name.hasPrefix("pack_git2_") || name.hasSuffix(".lock")
    }
    removeHalfPacks(in: folder + "/objects/pack")
    removeLockFiles(below: folder + "/refs")
    for name in ["HEAD.lock", "packed-refs.lock"] { unlink(folder + "/" + name) }
  }

  deinit { close(descriptor) }

  private func removeLeftovers(in folder: String, _ isLeftover: (String) -> Bool) {
    for (name, _) in contents(of: folder) where isLeftover(name) { unlink(folder + "/" + name) }
  }

  /// A pack and its index come and go one after the other. One without the other is of no use, and would stay.
  private func removeHalfPacks(in folder: String) {
    let names = Set(contents(of: folder).map(\.name))
    for (suffix, other) in [(".pack", ".idx"), (".idx", ".pack")] {
      for name in names where name.hasSuffix(suffix) {
        if !names.contains(name.dropLast(suffix.count) + other) { unlink(folder + "/" + name) }
      }
    }
  }

  private func removeLockFiles(below folder: String) {
    removeLeftovers(in: folder) { $0.hasSuffix(".lock") }
    for (name, isFolder) in contents(of: folder) where isFolder {
      removeLockFiles(below: folder + "/" + name)
    }
  }
}

/// The names in a folder; none when it cannot be read.
func contents(of folder: String) -> [(name: String, isFolder: Bool)] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var found: [(String, Bool)] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { found.append((name, entry.pointee.d_type == UInt8(DT_DIR))) }
  }
  return found
}
