import YAML

/// Which commits must be signed, and by whom.
let verification: ValueType<AgentSettings.Verification> = .object(
  .byDefault(
    "mode", .word(), AgentSettings.Verification.Mode.none, shown: "none",
    "`all`: every commit since the last trusted one, also those that a merge brings in; `head`: only the tip; `none`: no "
      + "commit."),
  .optional(
    "allowedSignersFile", .absolutePath,
    "SSH keys that may sign, in OpenSSH's format of allowed signers, as for Git's `gpg.ssh.allowedSignersFile`."
  ),
  .optional(
    "revertOnlySignersFile", .absolutePath,
    "SSH keys of agents, in the same format: a commit with one of them is trusted only if it goes back to what was "
      + "trusted before."),
  .optional("keyringFile", .absolutePath, "GPG keys that may sign, as `gpg --export` writes them.")
) { mode, allowed, revertOnly, keyring in
  AgentSettings.Verification(
    mode: mode, allowedSignersFile: allowed, revertOnlySignersFile: revertOnly, keyringFile: keyring)
}

/// Reports a check that no commit could pass.
func checkVerification(of source: AgentSettings.Source, at position: Position, _ reading: inout Reading) {
  let verify = source.verify
  guard verify.mode != .none else { return }
  if verify.allowedSignersFile == nil, verify.keyringFile == nil {
    reading.report(
      "`verify` needs `allowedSignersFile`, `keyringFile` or both: without keys no commit could be trusted",
      at: position)
  }
  if source.writeBack.signingKeyFile == nil {
    reading.report(
      "with `verify`, `writeBack` needs a `signingKeyFile`: unsigned, the agent's own reverts would be held",
      at: position, suggestion: "`ssh-keygen -t ed25519 -N '' -f FILE` makes a key")
  }
}
