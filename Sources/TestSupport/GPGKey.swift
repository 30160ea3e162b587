import FoundationEssentials

/// A GPG key of a person, in a home of its own whose agent is stopped at the end.
package struct GPGKey: Sendable {
  /// `GNUPGHOME`.
  package let home: String
  package let address: String
  /// The program that signs with it, for `git config gpg.program`.
  package let program: String

  /// - Parameter moment: When it is made and used, as `YYYYMMDDThhmmss`, if not now.
  package static func with<Result>(
    _ name: String, in folder: String, expiring: String = "0", at moment: String? = nil,
    _ body: (GPGKey) async throws -> Result
  ) async throws -> Result {
    let key = GPGKey(
      home: "\(folder)/gpg-\(name)", address: "\(name)@example.com", program: "\(folder)/gpg-\(name).sh")
    try FileManager.default.createDirectory(
      atPath: key.home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let time = moment.map { "--faked-system-time \($0)" } ?? ""
    try write("#!/bin/sh\nexec gpg --homedir '\(key.home)' --batch --quiet \(time) \"$@\"\n", to: key.program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: key.program)
    let parameters = """
      %no-protection
      Key-Type: eddsa
      Key-Curve: ed25519
      Key-Usage: sign
      Name-Real: \(name)
      Name-Email: \(key.address)
      Expire-Date: \(expiring)
      %commit

      """
    do {
      try await key("--gen-key", input: parameters)
      let result = try await body(key)
      await key.stop()
      return result
    } catch {
      await key.stop()
      throw error
    }
  }

  private init(home: String, address: String, program: String) {
    self.home = home
    self.address = address
    self.program = program
  }

  /// Runs `gpg` with this key; answers what it printed.
  @discardableResult
  package func callAsFunction(_ arguments: String..., input: String = "") async throws -> String {
    let result = try await run(program, arguments, input: input, in: home)
    guard result.status == 0 else { throw GitCommand.Failure(description: result.errors) }
    return result.output
  }

  private func stop() async {
    _ = try? await run("gpgconf", ["--homedir", home, "--kill", "all"], in: home)
  }
}
