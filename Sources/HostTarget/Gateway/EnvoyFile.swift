import Glibc

/// What Envoy reads from one file: resources under a version.
///
/// The version ends with a digest of the resources. So a file says by itself whether it is as we wrote it, in whichever
/// life of the agent, and Envoy's report of a version says what it goes by.
struct EnvoyFile: Sendable {
  var version: String
  var bytes: [UInt8]

  private static let head = Array(#"{"version_info":""#.utf8)
  private static let middle = Array(#"","resources":"#.utf8)

  /// - Parameter id: Tells this writing of the resources from others.
  init(id: String, resources: [JSON]) {
    let content = JSON.array(resources).bytes
    version = "\(id).\(Self.digest(content))"
    bytes = Self.head + Array(version.utf8) + Self.middle + content + [UInt8(ascii: "}")]
  }

  /// The version of a file that has these bytes; `nil` when they are not as we would have written them.
  static func version(of bytes: [UInt8]) -> String? {
    let rest = bytes.dropFirst(head.count)
    guard bytes.starts(with: head), bytes.last == UInt8(ascii: "}"),
      let end = rest.firstIndex(of: UInt8(ascii: "\"")), bytes[end...].starts(with: middle)
    else { return nil }
    let version = String(decoding: rest[..<end], as: UTF8.self)
    let content = bytes[(end + middle.count)...].dropLast()
    return digest(of: version) == digest(content) ? version : nil
  }

  /// The part of a version that tells writings of the same resources apart.
  static func id(of version: String) -> String { String(version.prefix { $0 != "." }) }

  /// The part of a version that is the same for the same resources.
  static func digest(of version: String) -> String { String(version.drop { $0 != "." }.dropFirst()) }

  /// FNV-1a: against hands that edit, not against forgery. Whoever may write these files needs none.
  private static func digest(_ content: some Sequence<UInt8>) -> String {
    let sum = content.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    return String(sum, radix: 16)
  }
}

/// What changes whenever the content of a file does; so a file with the same stamp need not be read again.
struct FileStamp: Hashable, Sendable {
  private var device: UInt
  private var inode: UInt
  private var size: Int
  private var modified: [Int]
  private var changed: [Int]

  /// `nil` when there is no such file.
  init?(_ path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    device = UInt(information.st_dev)
    inode = UInt(information.st_ino)
    size = Int(information.st_size)
    modified = [information.st_mtim.tv_sec, information.st_mtim.tv_nsec]
    changed = [information.st_ctim.tv_sec, information.st_ctim.tv_nsec]
  }
}
