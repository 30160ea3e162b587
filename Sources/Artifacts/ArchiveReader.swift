import CLibArchive
import Effects
import Glibc

/// What the first bytes of a file say that it is. Names are not trusted.
enum ArchiveFormat {
  case tar, gzippedTar, zip

  /// - Returns: `nil` for anything that is not unpacked.
  /// - Throws: `ArtifactError(.invalid)` for gzip data that is damaged from its beginning.
  static func detect(_ file: borrowing Descriptor) throws(ArtifactError) -> ArchiveFormat? {
    let head = try file.head(512)
    // A local file header, or the end record of a zip without entries (PKWARE APPNOTE 4.3.7, 4.3.16).
    if head.starts(with: [0x50, 0x4b, 0x03, 0x04]) || head.starts(with: [0x50, 0x4b, 0x05, 0x06]) {
      return .zip
    }
    if isTarHeader(head) { return .tar }
    guard head.starts(with: [0x1f, 0x8b]) else { return nil }
    return isTarHeader(try ArchiveReader.headOfGzip(file)) ? .gzippedTar : nil
  }

  /// POSIX and GNU tar both write `ustar` at offset 257 (POSIX.1-2017, pax, "ustar Interchange Format").
  private static func isTarHeader(_ bytes: [UInt8]) -> Bool {
    bytes.dropFirst(257).starts(with: Array("ustar".utf8))
  }
}

/// One entry of an archive, before it has been judged.
struct ArchiveEntry {
  enum Kind { case file, folder, link, special }
  var kind: Kind
  /// As in the archive, up to its first NUL.
  var name: [UInt8]
  /// What the archive says; the data may be longer.
  var bytes: Int
  var executable: Bool
  var encrypted: Bool
}

/// libarchive's reader with nothing enabled but the one format that was detected.
struct ArchiveReader: ~Copyable {
  private let handle: ArchiveHandle
  private var archive: OpaquePointer { handle.pointer }
  /// Keeps names in UTF-8: libarchive converts them to the locale of the thread, which is ASCII by default.
  private let locale: UTF8Locale

  /// Reads from the start of the file, which must stay open as long as the reader lives.
  static func open(
    _ file: borrowing Descriptor, as format: ArchiveFormat
  ) throws(ArtifactError) -> ArchiveReader {
    let reader = ArchiveReader(handle: try ArchiveHandle())
    try reader.start(on: file) { archive in
      switch format {
      case .tar: [archive_read_support_format_tar(archive)]
      case .gzippedTar: [archive_read_support_format_tar(archive), archive_read_support_filter_gzip(archive)]
      // By the central directory alone: readers that go by the local headers see other entries.
      case .zip: [archive_read_support_format_zip_seekable(archive)]
      }
    }
    return reader
  }

  private init(handle: consuming ArchiveHandle) {
    self.handle = handle
    locale = UTF8Locale()
  }

  private func start(
    on file: borrowing Descriptor, enable: (OpaquePointer) -> [CInt]
  ) throws(ArtifactError) {
    // Less than OK is a build of libarchive that would start an external program instead.
    guard enable(archive).allSatisfy({ $0 == ARCHIVE_OK }) else {
      throw ArtifactError(.storage, "Cannot unpack an archive: libarchive was built without its format.")
    }
    guard lseek(file.number, 0, SEEK_SET) == 0 else { throw storageError("Cannot read back an archive") }
    guard archive_read_open_fd(archive, file.number, 256 << 10) == ARCHIVE_OK else { throw damage() }
  }

  /// The next entry; `nil` at the end of the archive.
  func next() throws(ArtifactError) -> ArchiveEntry? {
    var pointer: OpaquePointer?
    let result = archive_read_next_header(archive, &pointer)
    if result == ARCHIVE_EOF { return nil }
    // A warning is about attributes that we do not use, or about the name, which is checked here anyway.
    guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry = pointer else { throw damage() }
    guard let name = archive_entry_pathname(entry) else {
      throw ArtifactError(.invalid, "Refused an entry of the archive: its name cannot be read.")
    }
    return ArchiveEntry(
      kind: Self.kind(of: entry),
      name: Array(UnsafeRawBufferPointer(start: name, count: strlen(name))),
      bytes: archive_entry_size_is_set(entry) != 0 ? Int(archive_entry_size(entry)) : 0,
      executable: archive_entry_perm(entry) & 0o111 != 0,
      encrypted: archive_entry_is_encrypted(entry) != 0)
  }

  /// Reads more of the current entry's data; 0 at its end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArtifactError) -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw damage() }
    return count
  }

  /// The first 512 unpacked bytes of gzip data, or fewer if there are not so many.
  fileprivate static func headOfGzip(_ file: borrowing Descriptor) throws(ArtifactError) -> [UInt8] {
    let reader = ArchiveReader(handle: try ArchiveHandle())
    try reader.start(on: file) { archive in
      [archive_read_support_format_raw(archive), archive_read_support_filter_gzip(archive)]
    }
    guard try reader.next() != nil else { return [] }
    let buffer = Buffer(bytes: 512)
    let count = try reader.read(into: buffer.space)
    return Array(buffer.filled(count))
  }

  private static func kind(of entry: OpaquePointer) -> ArchiveEntry.Kind {
    if archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil { return .link }
    switch FileKind(mode: archive_entry_filetype(entry)) {
    case .file: return .file
    case .folder: return .folder
    case .other: return .special
    }
  }

  private func damage() -> ArtifactError {
    let words = archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
    return ArtifactError(
      .invalid, "The archive is damaged: \(quoted(words)). Make it again and update the digest.")
  }
}

/// The owner of what libarchive allocates for one reading.
private struct ArchiveHandle: ~Copyable {
  let pointer: OpaquePointer

  init() throws(ArtifactError) {
    guard let pointer = archive_read_new() else {
      throw ArtifactError(.storage, "Cannot unpack an archive: not enough memory.")
    }
    self.pointer = pointer
  }

  deinit { archive_read_free(pointer) }
}

/// Gives the calling thread a UTF-8 locale while it lives. Must end on the thread where it began.
private struct UTF8Locale: ~Copyable {
  private let own: locale_t?
  private let previous: locale_t?

  init() {
    own = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
    previous = own.flatMap { uselocale($0) }
  }

  deinit {
    guard let own else { return }
    uselocale(previous)
    freelocale(own)
  }
}
