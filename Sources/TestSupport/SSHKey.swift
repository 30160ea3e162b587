import FoundationEssentials

/// An SSH key pair of a person or an agent, in files.
package struct SSHKey: Sendable {
  /// The private key; only we may read it.
  package let file: String
  /// `ssh-ed25519 AAAA…`.
  package let publicKey: String

  /// Makes `FOLDER/NAME` and `FOLDER/NAME.pub`.
  package init(_ name: String, in folder: String, passphrase: String = "") async throws {
    file = "\(folder)/\(name)"
    let result = try await run(
      "ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file], in: folder)
    guard result.status == 0 else { throw GitCommand.Failure(description: result.errors) }
    let words = try String(contentsOfFile: file + ".pub", encoding: .utf8).split(separator: " ")
    publicKey = words.prefix(2).joined(separator: " ")
  }

  private init(file: String, publicKey: String) {
    self.file = file
    self.publicKey = publicKey
  }

  /// The same key, once `ssh-keygen -s` has certified it.
  package var certified: SSHKey { SSHKey(file: file + "-cert.pub", publicKey: publicKey) }

  /// A line of a file of allowed signers.
  package func allowed(as principal: String, _ options: String = #"namespaces="git""#) -> String {
    "\(principal) \(options) \(publicKey)\n"
  }
}
