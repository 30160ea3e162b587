import Effects
import FoundationEssentials
import Planning
import Vocabulary

/// Finds out who vouches for commits. It works in a folder of its own, which is gone afterwards.
struct CommitVerifier {
  let signers: Signers
  let ssh: SSHSignatures
  let gpg: GPGSignatures
  private let folder: String
  private var hasOpenedKeyring = false

  /// - Parameter folder: What is there is removed first.
  init(_ signers: Signers, programs: [String], folder: String) throws(SourceError) {
    self.signers = signers
    self.folder = folder
    ssh = SSHSignatures(programs: programs, folder: folder)
    gpg = GPGSignatures(programs: programs, folder: folder)
    close()
    try makeFolder(folder)
    if let allowed = signers.allowed { try write(allowed, to: allowedCopy) }
    if let revertOnly = signers.revertOnly { try write(revertOnly, to: revertOnlyCopy) }
  }

  func close() { try? FileManager.default.removeItem(atPath: folder) }

  /// The files are copied, so that they cannot change between two questions.
  private var allowedCopy: String { folder + "/allowed" }
  private var revertOnlyCopy: String { folder + "/revert-only" }

  mutating func voucher(for raw: [UInt8], at time: Timestamp) async throws(SourceError) -> Voucher {
    let object = SignedObject(raw)
    guard let signature = object.signature else { return .nobody("is not signed") }
    if object.isAmbiguous { return .nobody("has more than one signature") }
    switch object.format {
    case .ssh: return try await voucher(for: object, signature, at: time)
    case .openPGP:
      guard let file = signers.files.keyring, let keyring = signers.keyring else {
        return .nobody("has a GPG signature, and `verify.keyringFile` names no file")
      }
      if !hasOpenedKeyring { try await gpg.open(keyring: keyring, shown: file) }
      hasOpenedKeyring = true
      return try await gpg.voucher(for: object, signature, shown: file)
    default: return .nobody("has a signature that is neither an SSH nor a GPG one")
    }
  }

  /// A key that is in both files may only revert.
  private func voucher(for object: SignedObject, _ signature: String, at time: Timestamp)
    async throws(SourceError) -> Voucher
  {
    if let file = signers.files.revertOnly {
      switch try await ssh.finding(for: object, signature, at: time, signers: revertOnlyCopy, shown: file) {
      case .good(let name): return .revertOnly(name)
      case .listed(let reason): return .nobody(reason)
      case .unknown: break
      }
    }
    guard let file = signers.files.allowed else {
      return .nobody(
        "has an SSH signature by no revert-only key, and `verify.allowedSignersFile` names no file")
    }
    switch try await ssh.finding(for: object, signature, at: time, signers: allowedCopy, shown: file) {
    case .good(let name): return .author(name)
    case .listed(let reason), .unknown(let reason): return .nobody(reason)
    }
  }
}

/// Makes a folder for ourselves alone.
func makeFolder(_ path: String) throws(SourceError) {
  do {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  } catch {
    throw SourceError(.trust, "cannot check signatures: cannot create \(path): \(error)")
  }
}

func write(_ bytes: [UInt8], to file: String) throws(SourceError) {
  do {
    try Data(bytes).write(to: URL(filePath: file))
  } catch {
    throw SourceError(.trust, "cannot check signatures: cannot write \(file): \(error)")
  }
}
