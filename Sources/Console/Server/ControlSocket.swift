import FoundationEssentials
import Glibc

/// Why the control API has no socket.
package struct ControlSocketError: Error, Hashable, CustomStringConvertible {
  /// What happened, and what to do.
  package var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The file of the control API's socket.
///
/// The server binds it in a folder that nobody but the owner may enter, and it gets its own name only once nobody
/// else may open it: whatever the process's umask, there is no moment at which a stranger could.
struct ControlSocket: Sendable {
  let path: String
  /// Where the server binds it.
  var unpublishedPath: String { unpublishedFolder + "/s" }
  private var unpublishedFolder: String { path + ".d" }

  /// The most that `sockaddr_un` holds, with its final zero, and with room for the unpublished path.
  static let maximumPathBytes = 103

  /// Prepares the place: makes its folder, and sees to it that no other agent answers there.
  init(path: String) throws(ControlSocketError) {
    self.path = path
    guard path.hasPrefix("/"), path.utf8.count <= Self.maximumPathBytes else {
      throw ControlSocketError(
        "the socket \(path) cannot be used: it must be an absolute path of at most "
          + "\(Self.maximumPathBytes) bytes; set `api.socket` to another one")
    }
    try makeFolder()
    switch SocketProbe(path) {
    case .answers:
      throw ControlSocketError(
        "another agent answers at \(path); stop it, or give this one its own `api.socket`")
    case .otherFile:
      throw ControlSocketError(
        "\(path) exists and is not a socket; remove it, or set `api.socket` to another path")
    case .denied:
      throw ControlSocketError("\(path) belongs to somebody else: \(reason(EACCES))")
    case .missing, .stale:
      try makeUnpublishedFolder()
    }
  }

  /// Closes the socket to everybody but its owner, then gives it its name. A stale socket is replaced. Answers which file it is.
  func publish() throws(ControlSocketError) -> FileIdentity {
    guard let identity = FileIdentity(of: unpublishedPath), chmod(unpublishedPath, 0o600) == 0,
      rename(unpublishedPath, path) == 0
    else {
      throw ControlSocketError("the socket \(path) cannot be made: \(reason(errno))")
    }
    rmdir(unpublishedFolder)
    return identity
  }

  /// Removes the socket, so that whoever comes next knows that no agent runs. What a successor has put there stays.
  ///
  /// Whether it still answers says nothing: a child that is just being started shares all descriptors until it runs its
  /// own program.
  func remove(_ published: FileIdentity?) {
    removeUnpublishedFolder()
    if let published, FileIdentity(of: path) == published { unlink(path) }
  }

  /// Makes it anew: one that a crash left behind is replaced, and one with other things in it is not ours.
  private func makeUnpublishedFolder() throws(ControlSocketError) {
    removeUnpublishedFolder()
    guard mkdir(unpublishedFolder, 0o700) == 0 else {
      throw ControlSocketError(
        "the folder \(unpublishedFolder) cannot be made: \(reason(errno)); "
          + "remove what is there, or set `api.socket` to another path")
    }
  }

  private func removeUnpublishedFolder() {
    unlink(unpublishedPath)
    rmdir(unpublishedFolder)
  }

  private func makeFolder() throws(ControlSocketError) {
    let folder = path.split(separator: "/").dropLast()
    var made = ""
    for component in folder {
      made += "/" + component
      guard mkdir(made, 0o700) == 0 || errno == EEXIST || access(made, F_OK) == 0 else {
        throw ControlSocketError("the folder \(made) of the socket cannot be made: \(reason(errno))")
      }
    }
  }
}

/// Which file a path leads to.
struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  /// `nil` when there is none.
  init?(of path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}

/// What is at the path of a socket, found out by trying to connect.
enum SocketProbe: Hashable {
  /// Somebody listens.
  case answers
  /// A socket that nobody listens at: its owner has crashed.
  case stale
  case missing
  /// There, or somewhere behind a folder, that we may not enter.
  case denied
  /// A file that is no socket, or a path that cannot be one.
  case otherFile

  init(_ path: String) {
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard attributes[.type] as? FileAttributeType == .typeSocket else {
        self = .otherFile
        return
      }
    } catch {
      self = (error as? CocoaError)?.code == .fileReadNoPermission ? .denied : .missing
      return
    }
    switch connectionError(to: path) {
    case 0, EAGAIN, EINPROGRESS: self = .answers
    case EACCES, EPERM: self = .denied
    case ENOENT: self = .missing
    case ECONNREFUSED: self = .stale
    default: self = .otherFile
    }
  }
}

/// Connects to a unix socket and hangs up again, without waiting. Answers the error's number, or 0.
private func connectionError(to path: String) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let isTooLong = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
    guard path.utf8.count < buffer.count else { return true }
    buffer.copyBytes(from: path.utf8)
    return false
  }
  guard !isTooLong else { return ENAMETOOLONG }
  let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
  let descriptor = socket(AF_UNIX, type, 0)
  guard descriptor >= 0 else { return errno }
  defer { close(descriptor) }
  let result = withUnsafePointer(to: address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  return result == 0 ? 0 : errno
}

/// The system's words for an error number.
func reason(_ number: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 128)
  guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
  return buffer.withUnsafeBufferPointer { text in
    text.baseAddress.map { String(cString: $0) } ?? ""
  }
}
