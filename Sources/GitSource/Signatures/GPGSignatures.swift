import Effects
import Planning

/// Checks OpenPGP signatures with `gpg`, in a home of its own that holds the keys of the keyring and nothing else.
///
/// Not `gpgv`, which takes keys that have expired or were revoked.
struct GPGSignatures: Sendable {
  let program: HelperProgram
  let folder: String

  init(programs: [String], folder: String) {
    program = HelperProgram(name: "gpg", package: "gnupg", folders: programs)
    self.folder = folder
  }

  private var home: String { folder + "/gnupg" }

  private var options: [String] {
    ["--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--quiet"]
  }

  /// Takes the keys in.
  ///
  /// - Parameter shown: What the keyring is called in messages.
  func open(keyring: [UInt8], shown: String) async throws(SourceError) {
    try makeFolder(home)
    let answer = try await program.run(options + ["--import"], input: keyring)
    guard answer.status == 0 else {
      throw SourceError(
        .trust,
        "the keyring \(shown) cannot be used: \(oneLine(answer.complaints, limit: 300)); write public keys into it "
          + "with `gpg --export`")
    }
  }

  func voucher(for object: SignedObject, _ signature: String, shown: String) async throws(SourceError)
    -> Voucher
  {
    let file = folder + "/signature"
    try write(Array(signature.utf8), to: file)
    let answer = try await program.run(
      options + [
        "--trust-model", "always", "--no-auto-key-retrieve", "--disable-dirmngr", "--status-fd", "1",
        "--verify", file, "-",
      ], input: object.payload)
    return Self.voucher(status: answer.status, answer.output, shown: shown)
  }

  /// What GnuPG's status lines (doc/DETAILS) come to. Exactly one signature must be there, and must be good in every
  /// respect.
  static func voucher(status: Int32, _ output: String, shown: String) -> Voucher {
    let lines = output.split(separator: "\n").compactMap { line -> [Substring]? in
      guard line.hasPrefix("[GNUPG:] ") else { return nil }
      return line.dropFirst(9).split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    }
    let verdicts = lines.filter { line in
      ["GOODSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"].contains(line[0])
    }
    let valid = lines.filter { $0[0] == "VALIDSIG" }
    guard verdicts.count == 1, let verdict = verdicts.first, verdict.count > 1 else {
      return .nobody("has a signature that GnuPG cannot read")
    }
    let key = "the GPG key \(oneLine(String(verdict[1]), limit: 60))"
    switch verdict[0] {
    case "GOODSIG" where status == 0 && valid.count == 1 && lines.count { $0[0] == "NEWSIG" } <= 1:
      return .author(oneLine(verdict.count > 2 ? String(verdict[2]) : String(verdict[1]), limit: 200))
    case "BADSIG": return .nobody("has a signature by \(key) that is not for it")
    case "EXPKEYSIG": return .nobody("is signed with \(key), which has expired")
    case "REVKEYSIG": return .nobody("is signed with \(key), which was revoked")
    case "EXPSIG": return .nobody("has a signature by \(key) that has expired")
    default:
      return .nobody("is signed with \(key), which is not in \(shown), or in a way that GnuPG cannot check")
    }
  }
}
