import Effects
import Planning
import Vocabulary

/// Checks SSH signatures with `ssh-keygen -Y`, in the order in which Git does: whose key it is, whether that key counted
/// in the namespace `git` when the commit was made, and whether the signature is for these bytes.
struct SSHSignatures: Sendable {
  let program: HelperProgram
  /// Where signatures are written for `ssh-keygen` to read.
  let folder: String

  init(programs: [String], folder: String) {
    program = HelperProgram(name: "ssh-keygen", package: "openssh-client", folders: programs)
    self.folder = folder
  }

  /// More names for one key than anybody gives.
  private static let mostPrincipals = 16

  /// What one file of signers says about a signature.
  enum Finding {
    /// It is good, and by this name.
    case good(String)
    /// The key is in the file, and does not count; why, as the rest of a sentence that begins with "it".
    case listed(String)
    /// The key is not in the file, or the signature is bad.
    case unknown(String)
  }

  /// - Parameters:
  ///   - signers: A copy of the file of signers.
  ///   - shown: What the file is called in messages.
  func finding(
    for object: SignedObject, _ signature: String, at time: Timestamp, signers: String, shown: String
  ) async throws(SourceError) -> Finding {
    let file = folder + "/signature"
    try write(Array(signature.utf8), to: file)
    let moment = "-Overify-time=" + compact(time)
    let found = try await program.run(["-Y", "find-principals", "-f", signers, "-s", file, moment])
    // OpenSSH ends lines as terminals do.
    let principals = found.status == 0 ? found.output.split(whereSeparator: \.isNewline) : []
    var complaints = found.complaints
    for principal in principals.prefix(Self.mostPrincipals) {
      let name = String(principal)
      let verified = try await program.run(
        ["-Y", "verify", "-n", "git", "-f", signers, "-I", name, "-s", file, moment], input: object.payload)
      if verified.status == 0 { return .good(oneLine(name, limit: 200)) }
      complaints = verified.complaints
    }
    return try await reason(complaints, object, file, signers: signers, shown: shown)
  }

  private func reason(
    _ complaints: String, _ object: SignedObject, _ file: String, signers: String, shown: String
  ) async throws(SourceError) -> Finding {
    let unchecked = try await program.run(
      ["-Y", "check-novalidate", "-n", "git", "-s", file], input: object.payload)
    guard unchecked.status == 0 else {
      return .unknown("has a signature that is not for it (\(oneLine(unchecked.complaints, limit: 200)))")
    }
    let fingerprint = unchecked.output.split(separator: " ").last { $0.hasPrefix("SHA256:") }
    let key = "the SSH key \(oneLine(fingerprint.map(String.init) ?? "?", limit: 100))"
    // `ssh-keygen` says about each line with this key what is wrong with it.
    let lines = complaints.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(signers + ":") }
    guard let words = lines.last?.dropFirst(signers.count) else {
      return .unknown("is signed with \(key), which is not in \(shown)")
    }
    return .listed("is signed with \(key), which did not count then (\(oneLine(shown + words, limit: 300)))")
  }

  /// `YYYYMMDDhhmmss`; programs are run with `TZ=UTC`.
  private func compact(_ time: Timestamp) -> String {
    String(time.description.prefix(19).filter(\.isNumber))
  }
}
