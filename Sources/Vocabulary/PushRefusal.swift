/// A Git server understood a push and did not take it, told apart by what people can do about it.
package struct PushRefusal: Hashable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Nobody, or not the agent, may push to this branch.
    case protectedBranch
    /// A rule of the server, such as one about messages or signatures, is not met.
    case hook
    /// The agent's credentials do not allow to write.
    case denied
    /// Nothing that is known.
    case other
  }

  package var kind: Kind
  /// The server's own words: one line, printable and bounded.
  package var words: String

  package init(_ kind: Kind, _ words: String) {
    self.kind = kind
    self.words = words
  }

  /// What was refused, in whose words, and what would help.
  ///
  /// - Parameters:
  ///   - branch: What was pushed to.
  ///   - isProposal: Whether that is a branch of the agent's own.
  package func sentence(about branch: String, isProposal: Bool = false) -> String {
    "the server refuses the push to \(branch): \(words); \(remedy(for: branch, isProposal: isProposal))"
  }

  private func remedy(for branch: String, isProposal: Bool) -> String {
    switch kind {
    case .protectedBranch where isProposal, .hook where isProposal:
      "let the agent create, force-push and delete branches below evenkeel/"
    case .protectedBranch:
      "allow the agent's key or user to push to \(branch), or set `writeBack.mode: branch`"
    case .hook:
      "have the server's rule let the agent's commits pass, or set `writeBack.mode: branch`"
    case .denied: "give the agent's key or token the right to write"
    case .other: "look into it at the server"
    }
  }
}
