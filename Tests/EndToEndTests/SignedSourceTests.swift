import Foundation
import TestSupport
import Testing

/// An agent that takes in signed commits only, and signs its own.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SignedSourceTests {
  @Test
  func `signed commits are deployed, a bad one is reverted by a signed one, and an unsigned one is held`()
    async throws
  {
    try await withSite { site in
      let (ann, agent) = (
        try await SSHKey("ann", in: site.folder), try await SSHKey("agent", in: site.folder)
      )
      try write(ann.allowed(as: "ann@example.com"), to: site.folder + "/allowed")
      try write(agent.allowed(as: "test-host"), to: site.folder + "/revert-only")
      try site.reconfigure { file in
        file.signingKey = agent.file
        file.source = [
          "verify: {mode: all, allowedSignersFile: \(site.folder)/allowed, "
            + "revertOnlySignersFile: \(site.folder)/revert-only}"
        ]
      }
      try await sign(true, with: ann, in: site)
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        try await site.deploy("fraud", "2", flags: "--error-share 0.5")
        let (rollout, revert) = try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
        try await site.remote.work("fetch", "--quiet", "origin", "main")
        try await site.remote.work("config", "gpg.ssh.allowedSignersFile", site.folder + "/revert-only")
        try await site.remote.work("verify-commit", revert)

        try await sign(false, with: ann, in: site)
        let unsigned = try await site.deploy("fraud", "3")
        try await eventually("the commit is held", pace: patience) {
          try await site.ask("status").contains("commit \(unsigned.prefix(8)) by Test Author")
        }
        #expect(try await site.status().source.commit == revert)
        #expect(try await site.evenkeel("source", "accept", String(unsigned.prefix(39))).status == 1)
        #expect(try await site.ask("source", "accept", unsigned).contains("accepts commit"))
        try await site.waitUntilStable("fraud", "3")
        #expect(tally.failed(besides: rollout.revision) == [:])
      }
      let events = try await site.events()
      #expect(events.contains("VerificationBegins"))
      #expect(events.contains("SourceHeld"))
      #expect(events.contains("SourceAccepted"))
    }
  }

  private func sign(_ isOn: Bool, with key: SSHKey, in site: Site) async throws {
    try await site.remote.work("config", "gpg.format", "ssh")
    try await site.remote.work("config", "user.signingKey", key.file)
    try await site.remote.work("config", "commit.gpgSign", isOn ? "true" : "false")
  }
}
