import GitSource
import Testing
import Vocabulary

/// The words of servers, as their documentation and people's reports quote them.
@Suite struct RefusalWordsTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let server: String
    let status: String
    let output: String
    let kind: PushRefusal.Kind
    var testDescription: String { server }

    init(_ server: String, _ status: String, _ output: String, _ kind: PushRefusal.Kind) {
      self.server = server
      self.status = status
      self.output = output
      self.kind = kind
    }
  }

  static let cases = [
    Case(
      "GitHub, a protected branch", "protected branch hook declined",
      """
      error: GH006: Protected branch update failed for refs/heads/main.
      error: At least 1 approving review is required by reviewers with write access.
      """, .protectedBranch),
    Case(
      "GitHub, a ruleset", "push declined due to repository rule violations",
      "error: GH013: Repository rule violations found for refs/heads/main.\n- Changes must be made through a pull request.\n",
      .protectedBranch),
    Case(
      "GitHub, a mail address that is to stay private", "push declined due to email privacy restrictions",
      "error: GH007: Your push would publish a private email address.\n", .hook),
    Case(
      "GitHub, a token without rights", "refusing to allow a Personal Access Token to update workflow", "",
      .denied),
    Case(
      "GitLab, a protected branch", "pre-receive hook declined",
      "GitLab: You are not allowed to push code to protected branches on this project.\n", .protectedBranch),
    Case(
      "GitLab, a forced push", "pre-receive hook declined",
      "GitLab: You are not allowed to force push code to a protected branch on this project.\n",
      .protectedBranch),
    Case(
      "GitLab, no right to write", "pre-receive hook declined",
      "\nGitLab: You are not allowed to push code to this project.\n", .denied),
    Case(
      "GitLab, a deploy key", "pre-receive hook declined",
      "GitLab: This deploy key does not have write access to this project.\n", .denied),
    Case(
      "GitLab, a push rule", "pre-receive hook declined",
      "GitLab: Commit message does not follow the pattern 'ML-[0-9]+'\n", .hook),
    Case(
      "Gitea, a protected branch", "pre-receive hook declined",
      "Gitea: Not allowed to push to protected branch main\n", .protectedBranch),
    Case(
      "Forgejo, a forced push", "pre-receive hook declined",
      "Forgejo: branch main is protected from force push\n", .protectedBranch),
    Case(
      "Gitea, no right to write", "pre-receive hook declined", "Gitea: User permission denied for writing.\n",
      .denied),
    Case(
      "Bitbucket Cloud, a branch permission", "pre-receive hook declined",
      "Permission denied to update branch main.\n", .protectedBranch),
    Case(
      "Bitbucket Data Center, a branch permission", "pre-receive hook declined",
      "Branch refs/heads/main can only be modified through pull requests.\nCheck your branch permissions configuration\n",
      .protectedBranch),
    Case(
      "Azure DevOps, a branch policy",
      "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
      "",
      .protectedBranch),
    Case(
      "Azure DevOps, no right to write", "TF401027: You need the Git 'GenericContribute' permission", "",
      .denied),
    Case("Gerrit", "prohibited by Gerrit: not permitted: update", "", .denied),
    Case("Git, a pre-receive hook", "pre-receive hook declined", "no deployments on Fridays\n", .hook),
    Case("Git, an update hook", "hook declined", "", .hook),
    Case(
      "Git, denyNonFastForwards", "non-fast-forward", "error: denying non-fast-forward refs/heads/x\n",
      .protectedBranch),
    Case(
      "Git, denyDeletes", "deletion prohibited", "error: denying ref deletion for refs/heads/x\n",
      .protectedBranch),
    Case("Git, denyCurrentBranch", "branch is currently checked out", "", .protectedBranch),
    Case("a full disk", "unpacker error", "fatal: write error: No space left on device\n", .other),
    Case("something new", "computer says no", "", .other),
  ]

  @Test(arguments: cases) func `a refusal is known by its words`(_ refused: Case) {
    let refusal = PushRefusal(status: refused.status, output: refused.output)
    #expect(refusal.kind == refused.kind)
    #expect(refusal.words.hasPrefix(refused.status))
    #expect(!refusal.words.contains { $0.isNewline })
  }

  @Test func `progress is no reason, and nothing of it can steer a terminal`() {
    let refusal = PushRefusal(
      status: "pre-receive hook declined",
      output:
        "Resolving deltas:  50% (1/2)\rResolving deltas: 100% (2/2), done.\r\n\u{1B}[31mno\u{1B}[0m\u{7} \u{202E}way\n"
    )
    #expect(refusal == PushRefusal(.hook, "pre-receive hook declined: no way"))
  }

  @Test func `what a hook writes is bounded`() {
    let refusal = PushRefusal(
      status: String(repeating: "s", count: 5000), output: String(repeating: "w ", count: 50_000))
    #expect(refusal.words.count < 900)
  }
}
