import Effects

/// Signs the agent's commits with an SSH key, as Git does with `gpg.format=ssh` (the format is OpenSSH's
/// `PROTOCOL.sshsig`, in the namespace `git`).
struct CommitSigner: Sendable {
  /// The private key, not protected by a passphrase. It is read for each signature anew, by `ssh-keygen` alone.
  let keyFile: String
  let program: HelperProgram

  init(keyFile: String, programs: [String]) {
    self.keyFile = keyFile
    program = HelperProgram(name: "ssh-keygen", package: "openssh-client", folders: programs)
  }

  /// - Returns: The armoured signature, without a last line break.
  func sign(_ content: [UInt8]) async throws(SourceError) -> String {
    do throws(WorkerFailure) {
      try requireSecret(keyFile, called: "the signing key")
    } catch {
      throw SourceError(.trust, "cannot sign the commit: \(error.error.message)")
    }
    let answer = try await program.run(["-q", "-Y", "sign", "-n", "git", "-f", keyFile], input: content)
    let signature = answer.output.split(separator: "\n").joined(separator: "\n")
    guard answer.status == 0, signature.hasPrefix("-----BEGIN SSH SIGNATURE-----") else {
      throw SourceError(
        .trust,
        "cannot sign the commit with \(keyFile): \(oneLine(answer.complaints, limit: 300)); it must be an SSH "
          + "private key without a passphrase")
    }
    return signature
  }
}
