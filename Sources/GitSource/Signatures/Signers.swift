import Effects
import Glibc

/// Whose signatures count: files that are read anew for each look at Git.
package struct SignerFiles: Hashable, Sendable {
  /// SSH keys, as in `gpg.ssh.allowedSignersFile` (ssh-keygen(1), ALLOWED SIGNERS).
  package var allowed: String?
  /// SSH keys of agents, which may only go back to what was trusted before; in the same format.
  package var revertOnly: String?
  /// Public GPG keys, as `gpg --export` writes them, armoured or not.
  package var keyring: String?

  package init(allowed: String? = nil, revertOnly: String? = nil, keyring: String? = nil) {
    self.allowed = allowed
    self.revertOnly = revertOnly
    self.keyring = keyring
  }

  /// What is in them now.
  func read() throws(SourceError) -> Signers {
    var signers = Signers(files: self)
    if let allowed { signers.allowed = try content(of: allowed, called: "the file of allowed signers") }
    if let revertOnly {
      signers.revertOnly = try content(of: revertOnly, called: "the file of revert-only signers")
    }
    if let keyring { signers.keyring = try content(of: keyring, called: "the keyring") }
    return signers
  }
}

/// Whose signatures count, as of one moment. What was found out with the same signers is so still.
struct Signers: Hashable, Sendable {
  let files: SignerFiles
  var allowed: [UInt8]?
  var revertOnly: [UInt8]?
  var keyring: [UInt8]?
}

/// Far more than the keys of all people who write to one repository take.
private let largestFile = 4 << 20

/// A file that says whom to trust, which nobody but its owner and their group may write to.
private func content(of file: String, called noun: String) throws(SourceError) -> [UInt8] {
  // A pipe would keep us waiting if it were opened otherwise.
  let descriptor = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw SourceError(.trust, "cannot read \(noun) \(file): \(String(cString: strerror(errno)))")
  }
  defer { close(descriptor) }
  var state = stat()
  guard fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFREG, state.st_size <= largestFile else {
    throw SourceError(.trust, "\(noun) \(file) is no file of at most \(largestFile >> 20) MiB")
  }
  guard state.st_mode & S_IWOTH == 0 else {
    throw SourceError(.trust, "everybody may write to \(noun) \(file): `chmod o-w \(file)`")
  }
  return try bytes(of: descriptor, called: "\(noun) \(file)")
}

/// What is in an open file, which may grow while it is read.
private func bytes(of descriptor: Int32, called noun: String) throws(SourceError) -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    guard count >= 0, bytes.count + count <= largestFile else {
      throw SourceError(.trust, "\(noun) cannot be read, or has more than \(largestFile >> 20) MiB")
    }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}
