import Planning
package import Vocabulary

extension PushRefusal {
  /// What a server said when it did not take a push.
  ///
  /// - Parameters:
  ///   - status: Of the reference, as Git's protocol reports it (`ng REF status`), such as "pre-receive hook declined".
  ///   - output: What the server and its hooks wrote beside it, which `git push` shows as `remote: …`.
  package init(status: String, output: String) {
    let lines = output.split(whereSeparator: \.isNewline).map { String($0).printable }.filter(isNews)
    let said = oneLine(lines.joined(separator: " "), limit: 600)
    let status = oneLine(status.printable, limit: 200)
    self.init(
      Kind(recognizedIn: "\(status) \(said)".lowercased()), said.isEmpty ? status : "\(status): \(said)")
  }
}

/// Servers tell their progress where hooks tell their reasons.
private func isNews(_ line: String) -> Bool {
  let progress = [
    "Resolving deltas", "Unpacking objects", "Counting objects", "Compressing objects",
    "Checking connectivity",
    "Checking objects", "Processing changes", "Updating references", "Receiving objects",
  ]
  return !progress.contains(where: line.hasPrefix) && line.contains { $0.isLetter || $0.isNumber }
}

extension PushRefusal.Kind {
  /// The rules of the servers that are known, the most telling words first: most servers refuse in a hook, whatever it is
  /// for, so that a declined hook alone says least.
  fileprivate init(recognizedIn words: String) {
    let said = { (phrases: [String]) in phrases.contains(where: words.contains) }
    if said(Self.protectingPhrases) {
      self = .protectedBranch
    } else if said(Self.denyingPhrases) {
      self = .denied
    } else if said(Self.decliningPhrases) {
      self = .hook
    } else {
      self = .other
    }
  }

  private static let protectingPhrases = [
    // GitHub: branch protection, forced pushes, rulesets.
    "gh006", "gh003", "gh013", "protected branch", "repository rule violations",
    // GitLab says "protected branches"; Gitea and Forgejo name the branch.
    "is protected from", "push to protected",
    // Bitbucket: branch permissions.
    "permission denied to update branch", "only be modified through pull requests", "branch permissions",
    // Azure DevOps.
    "tf402455", "must use a pull request",
    // Git's own `receive.denyNonFastForwards`, `receive.denyDeletes` and `receive.denyCurrentBranch`.
    "non-fast-forward", "deletion prohibited", "currently checked out",
  ]

  private static let denyingPhrases = [
    // GitLab
    "not allowed to push code to this project", "deploy keys are not allowed", "does not have write access",
    // Gitea and Forgejo
    "permission denied for writing", "user permission denied",
    // GitHub
    "write access to repository not granted", "marked as read only", "refusing to allow",
    // Azure DevOps, Gerrit
    "tf401027", "access denied", "prohibited by gerrit",
    // sshd and Git over http
    "permission denied", "read-only", "read only", "unauthorized", "forbidden",
  ]

  private static let decliningPhrases = [
    // "pre-receive hook declined", and that of `update` by older versions.
    "hook declined", "hook rejected",
    // GitHub's checks of content: GH001 large files, GH007 mail addresses, GH009 secrets.
    "gh001", "gh007", "gh009",
  ]
}
