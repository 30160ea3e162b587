import CLibgit2

/// What libgit2 said when a call failed, read from its thread-local state before anything else can replace it.
struct GitFailure: Error {
  /// What was being done, for messages: "open the repository".
  var operation: String
  /// A `git_error_code`.
  var code: Int32
  /// A `git_error_t`: which part of libgit2 complains.
  var category: UInt32
  var message: String

  var isNotFound: Bool { code == GIT_ENOTFOUND.rawValue }

  func isAbout(_ categories: git_error_t...) -> Bool {
    categories.contains { $0.rawValue == category }
  }
}

/// The one door to libgit2: initialises the library before its first use, and turns a negative result into an error.
@discardableResult
func git(_ operation: String, _ call: () -> Int32) throws(GitFailure) -> Int32 {
  _ = library
  let code = call()
  guard code < 0 else { return code }
  guard let last = git_error_last() else {
    throw GitFailure(operation: operation, code: code, category: 0, message: "error \(code)")
  }
  throw GitFailure(
    operation: operation, code: code, category: UInt32(bitPattern: last.pointee.klass),
    message: String(cString: last.pointee.message))
}

/// libgit2, initialised once for the life of the process and never shut down.
///
/// The search paths of the host's and the user's configuration are emptied at once: an `insteadOf` in one of them
/// would silently send us to another repository.
private let library: Void = {
  git_libgit2_init()
  for level in [
    GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
  ] {
    _ = evenkeel_git_set_config_search_path(level.rawValue, "")
  }
  // Objects that libgit2 keeps parsed. Manifests are remembered in our own, parsed form, so it needs little.
  _ = evenkeel_git_set_cache_limit(16 << 20)
}()

/// A Git object id (SHA-1), as a value that can be a key.
struct ObjectID: Hashable, Sendable {
  private let words: (UInt64, UInt64, UInt32)

  init(_ oid: git_oid) {
    words = withUnsafeBytes(of: oid) { bytes in
      (
        bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
      )
    }
  }

  /// Reads exactly 40 hexadecimal digits.
  init?(hex: String) {
    var oid = git_oid()
    guard hex.utf8.count == 40, git_oid_fromstr(&oid, hex) == 0 else { return nil }
    self.init(oid)
  }

  var oid: git_oid {
    var oid = git_oid()
    withUnsafeMutableBytes(of: &oid) { bytes in
      bytes.storeBytes(of: words.0, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: words.2, toByteOffset: 16, as: UInt32.self)
    }
    return oid
  }

  var hex: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 41) { buffer in
      var oid = oid
      guard let text = git_oid_tostr(buffer.baseAddress, buffer.count, &oid) else { return "" }
      return String(cString: text)
    }
  }

  static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  func hash(into hasher: inout Hasher) {
    // The words are already uniform: one of them is as good as all.
    hasher.combine(words.0)
  }
}
