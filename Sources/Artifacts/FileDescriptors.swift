import Effects
import Glibc

/// An open file or folder that is closed when its owner goes away.
struct Descriptor: ~Copyable, Sendable {
  let number: CInt

  init(owning number: CInt) { self.number = number }

  deinit { close(number) }
}

/// Memory for reading and writing in pieces.
struct Buffer: ~Copyable {
  let space: UnsafeMutableRawBufferPointer

  init(bytes: Int) { space = .allocate(byteCount: bytes, alignment: 16) }

  deinit { space.deallocate() }

  /// The first bytes of it, as many as the last read has brought.
  func filled(_ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: space.prefix(count))
  }
}

/// What failed, with the system's own words for the error number.
func systemMessage(_ what: String, _ code: CInt) -> String {
  "\(what): \(String(cString: strerror(code)))."
}

/// A failure of our own disk: waited out, because space or permissions may come back.
func storageError(_ what: String, _ code: CInt = errno) -> ArtifactError {
  ArtifactError(.storage, systemMessage(what, code))
}

/// A failure to read what a `file:` URI names. Missing is final; an I/O error may be a network share that
/// is away.
func sourceError(_ path: String, _ code: CInt = errno) -> ArtifactError {
  let missing = [ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG].contains(code)
  return ArtifactError(missing ? .notFound : .unavailable, systemMessage("Cannot read \(quoted(path))", code))
}

/// What a path names, without following a symbolic link at its end.
enum FileKind {
  case file, folder, other

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .other
    }
  }
}

extension Descriptor {
  /// Opens a file or folder that the user named; a symbolic link at its end is followed. Never blocks on a
  /// FIFO.
  static func open(source path: String) throws(ArtifactError) -> Descriptor {
    let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw sourceError(path) }
    return Descriptor(owning: number)
  }

  /// Opens one of the store's own folders.
  static func open(storeFolder path: String) throws(ArtifactError) -> Descriptor {
    let number = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else {
      throw storageError("Cannot open the folder \(quoted(path)) of the artifact store")
    }
    return Descriptor(owning: number)
  }

  /// Creates a file of the store that must not exist yet.
  static func create(storeFile path: String) throws(ArtifactError) -> Descriptor {
    let number = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw storageError("Cannot create \(quoted(path)) in the artifact store") }
    return Descriptor(owning: number)
  }

  /// Another descriptor of the same open file.
  func duplicate() throws(ArtifactError) -> Descriptor {
    let number = fcntl(self.number, F_DUPFD_CLOEXEC, 0)
    guard number >= 0 else { throw storageError("Cannot open another file") }
    return Descriptor(owning: number)
  }

  /// The kind and the size of what is open.
  func status() throws(ArtifactError) -> (kind: FileKind, bytes: Int) {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw storageError("Cannot examine an open file") }
    return (FileKind(mode: status.st_mode), Int(status.st_size))
  }

  /// Writes all of the bytes at the current position.
  func write(_ bytes: UnsafeRawBufferPointer) throws(ArtifactError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(number, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written >= 0 else { throw storageError("Cannot write to the artifact store") }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  /// Reads into the buffer and says how many bytes came; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, of path: String) throws(ArtifactError) -> Int {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw sourceError(path) }
      return count
    }
  }

  /// Reads up to this many bytes from the start of the file, leaving its position alone.
  func head(_ count: Int) throws(ArtifactError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = bytes.withUnsafeMutableBytes { pread(number, $0.baseAddress, count, 0) }
    guard got >= 0 else { throw storageError("Cannot read back from the artifact store") }
    return Array(bytes.prefix(got))
  }
}
