import Manifests
import Testing
import Vocabulary

private func settings(_ spec: String) -> (AgentSettings?, [String]) {
  let (settings, diagnostics) = readAgentSettings(
    file(resource("Agent", "prod-eu-1", spec), at: "agent.yaml"))
  return (settings, diagnostics.map(summary))
}

struct AgentSettingsTests {
  @Test func `fills in the defaults`() {
    let (settings, complaints) = settings("  source: {url: file:///srv/config.git}")
    #expect(complaints.isEmpty)
    #expect(
      settings
        == AgentSettings(
          name: "prod-eu-1", source: .init(url: "file:///srv/config.git"),
          stateDirectory: "/var/lib/evenkeel",
          host: .init(
            ports: 20000...20999,
            gateway: .init(listen: ListenAddress(host: "127.0.0.1", port: 8000), envoy: "envoy")),
          socket: "/run/evenkeel/agent.sock"))
  }

  @Test func `reads everything`() {
    let (settings, complaints) = settings(
      """
        source:
          url: https://git.example.com/models/config.git
          branch: release/1
          path: environments/prod
          interval: 10s
          timeout: 5s
          verify: {mode: all, allowedSignersFile: /etc/evenkeel/signers, keyringFile: /etc/evenkeel/keys.gpg}
          writeBack: {mode: branch, name: Keel Bot, email: keel@example.com, signingKeyFile: /etc/evenkeel/signing-key}
        stateDir: /srv/evenkeel
        host:
          instances: process
          ports: 30000-30009
          gateway: {listen: "[::1]:8443", envoy: /usr/bin/envoy}
          capacity: {cpu: 7.5, memory: 12Gi}
        api: {socket: /tmp/agent.sock}
        pruneLimit: 10%
        maxParallelRollouts: 4
      """)
    #expect(complaints.isEmpty)
    #expect(
      settings
        == AgentSettings(
          name: "prod-eu-1",
          source: .init(
            url: "https://git.example.com/models/config.git", branch: "release/1", path: "environments/prod",
            interval: .seconds(10), timeout: .seconds(5),
            verify: .init(
              mode: .all, allowedSignersFile: "/etc/evenkeel/signers", keyringFile: "/etc/evenkeel/keys.gpg"),
            writeBack: .init(
              name: "Keel Bot", email: "keel@example.com", signingKeyFile: "/etc/evenkeel/signing-key",
              mode: .branch)),
          stateDirectory: "/srv/evenkeel",
          host: .init(
            ports: 30000...30009,
            gateway: .init(listen: ListenAddress(host: "::1", port: 8443), envoy: "/usr/bin/envoy"),
            capacity: Resources(milliCPU: 7500, memory: 12 << 30)),
          socket: "/tmp/agent.sock", pruneLimit: 10, maxParallelRollouts: 4))
    #expect(settings?.host.gateway.listen.description == "[::1]:8443")
  }

  @Test(
    arguments: [
      (
        "https://h/c, caFile: /ca, auth: {tokenFile: /t}", "/ca",
        AgentSettings.Credentials.token(file: "/t", username: "git")
      ),
      ("https://h/c, auth: {tokenFile: /t, username: bot}", nil, .token(file: "/t", username: "bot")),
      ("http://localhost:80/c, auth: {tokenFile: /t}", nil, .token(file: "/t", username: "git")),
      ("http://127.0.0.1/c, auth: {tokenFile: /t}", nil, .token(file: "/t", username: "git")),
      ("'http://[::1]:80/c', auth: {tokenFile: /t}", nil, .token(file: "/t", username: "git")),
      (
        "ssh://git@h/c, auth: {sshKeyFile: /k, knownHostsFile: /h}", nil,
        .sshKey(file: "/k", knownHosts: "/h")
      ),
      (
        "ssh://git@h/c, auth: {sshAgentSocket: /a, knownHostsFile: /h}", nil,
        .sshAgent(socket: "/a", knownHosts: "/h")
      ),
    ] as [(String, String?, AgentSettings.Credentials)])
  func `reads how the agent gets in`(
    source: String, authorities: String?, credentials: AgentSettings.Credentials
  ) {
    let (settings, complaints) = settings("  source: {url: \(source)}")
    #expect(complaints == [])
    #expect(settings?.source.caFile == authorities)
    #expect(settings?.source.auth == credentials)
  }

  @Test(arguments: [
    "http://127.0.0.1.example.com/c", "http://127.1/c", "http://localhost.example.com/c", "http://[::2]/c",
    "http://128.0.0.1/c",
  ])
  func `takes a host for this one only if it is`(url: String) {
    #expect(AgentSettings.Credentials.token(file: "/t", username: "git").misfit(with: url) != nil)
  }

  @Test(arguments: [
    (
      "source: {url: ssh://git@h/c.git}",
      "5:17: `ssh:` needs `auth` (write `auth: {sshKeyFile: /path, knownHostsFile: /path}`)"
    ),
    (
      "source: {url: 'git@h:team/c.git'}",
      "5:17: `url` must be a `file:`, `http:`, `https:` or `ssh:` URL; `user@host:path` is none "
        + "(write `ssh://git@h/team/c.git`)"
    ),
    ("source: {url: ssh://h/c.git}", "5:17: `url` names no user (write `ssh://git@h…`)"),
    (
      "source: {url: ssh://u:p@h/c.git}",
      "5:17: `url` needs a plain user name before the `@` (a password never belongs there; write "
        + "`ssh://git@host/path`)"
    ),
    (
      "source: {url: git://h/c.git}",
      "5:17: `url` must be a `file:`, `http:`, `https:` or `ssh:` URL, not `git:`"
    ),
    (
      "source: {url: https://u:p@h/c.git}",
      "5:17: credentials never belong in `url` (remove everything before the `@`)"
    ),
    (
      "source: {url: https://token@h/c.git}",
      "5:17: credentials never belong in `url` (remove everything before the `@`)"
    ),
    (
      "source: {url: /srv/c.git}",
      "5:17: `url` must be a `file:`, `http:`, `https:` or `ssh:` URL (write `file:///srv/c.git`)"
    ),
    (
      "source: {url: file:///c, auth: {}}",
      "5:34: `auth` needs exactly one of `sshKeyFile`, `sshAgentSocket`, `tokenFile`"
    ),
    (
      "source: {url: https://h/c, auth: {tokenFile: /t, sshKeyFile: /k}}",
      "5:36: `auth` needs exactly one of `sshKeyFile`, `sshAgentSocket`, `tokenFile`"
    ),
    ("source: {url: file:///c, auth: {tokenFile: /t}}", "5:34: `file:` takes no credentials"),
    (
      "source: {url: http://h/c, auth: {tokenFile: /t}}",
      "5:35: a token never goes over `http:`, where others can read it: use `https:`"
    ),
    (
      "source: {url: https://h/c, auth: {sshKeyFile: /k, knownHostsFile: /h}}",
      "5:36: `https:` takes a `tokenFile`; keys and agents are for `ssh:`"
    ),
    (
      "source: {url: ssh://git@h/c, auth: {tokenFile: /t}}",
      "5:38: `ssh:` takes a `sshKeyFile` or a `sshAgentSocket`; tokens are for `https:`"
    ),
    (
      "source: {url: ssh://git@h/c, auth: {sshKeyFile: /k}}",
      "5:38: the field `knownHostsFile` is missing: without it, nobody knows the host from an impostor "
        + "(`ssh-keyscan HOST` prints its lines; compare the fingerprints)"
    ),
    (
      "source: {url: ssh://git@h/c, auth: {sshKeyFile: /k, knownHostsFile: /h, username: u}}",
      "5:38: the user of `ssh:` stands in `url` (write `ssh://USER@host/path`)"
    ),
    (
      "source: {url: https://h/c, auth: {tokenFile: /t, knownHostsFile: /h}}",
      "5:36: `knownHostsFile` is for `ssh:`, not for a token"
    ),
    (
      "source: {url: ssh://git@h/c, auth: {sshKeyFile: '/a b', knownHostsFile: /h}}",
      "5:51: `sshKeyFile` must be an absolute path without spaces, quotes, `%`, `$` and `\\`, not `/a b`"
    ),
    (
      "source: {url: https://h/c, auth: {tokenFile: /t, username: 'a:b'}}",
      "5:62: `username` must be a name without `:`, not `a:b`"
    ),
    ("source: {url: file:///c, caFile: /ca}", "5:17: `caFile` is for `https:` only"),
    (
      "source: {url: file:///c, verify: {mode: tip}}",
      "5:43: `mode` must be `all` or `head` or `none`, not `tip`"
    ),
    (
      "source: {url: file:///c, verify: {mode: all}, writeBack: {signingKeyFile: /k}}",
      "5:36: `verify` needs `allowedSignersFile`, `keyringFile` or both: without keys no commit could be trusted"
    ),
    (
      "source: {url: file:///c, verify: {mode: head, keyringFile: /k}}",
      "5:36: with `verify`, `writeBack` needs a `signingKeyFile`: unsigned, the agent's own reverts would be held "
        + "(`ssh-keygen -t ed25519 -N '' -f FILE` makes a key)"
    ),
    (
      "source: {url: file:///c, verify: {mode: all, allowedSignersFile: k}, writeBack: {signingKeyFile: /k}}",
      "5:68: `allowedSignersFile` must be an absolute path, not `k`"
    ),
    (
      "source: {url: file:///c, writeBack: {signingKeyFile: x}}",
      "5:56: `signingKeyFile` must be an absolute path, not `x`"
    ),
    (
      "source: {url: file:///c, writeBack: {name: a <b>}}",
      "5:46: `name` must be a name on one line without `<` and `>`, not `a <b>`"
    ),
    (
      "source: {url: file:///c, path: ../x}",
      "5:34: `path` must be a path in the repository such as environments/prod, not `../x`"
    ),
    ("source: {url: file:///c, branch: a..b}", "5:36: `branch` must be the name of a branch, not `a..b`"),
    ("source: {url: file:///c}\n  prometheus: {}", "6:3: `prometheus` is not supported yet"),
    ("source: {url: file:///c}\n  stateDir: state", "6:13: `stateDir` must be an absolute path, not `state`"),
    (
      "source: {url: file:///c}\n  host: {instances: systemd}",
      "6:21: `instances: systemd` is not supported yet"
    ),
    (
      "source: {url: file:///c}\n  host: {ports: 9-1}",
      "6:17: `ports` must be a range of ports such as 20000-20999, not `9-1`"
    ),
    (
      "source: {url: file:///c}\n  host: {ports: 1-70000}",
      "6:17: `ports` must be a range of ports such as 20000-20999, not `1-70000`"
    ),
    (
      "source: {url: file:///c}\n  host: {capacity: {cpu: 4}}",
      "6:20: the field `memory` is missing"
    ),
    (
      "source: {url: file:///c}\n  pruneLimit: 50",
      "6:15: `pruneLimit` must be a whole percentage such as 50%, not `50` (did you mean `50%`?)"
    ),
    (
      "source: {url: file:///c}\n  pruneLimit: 101%", "6:15: `pruneLimit` must be from 0% to 100%, not `101%`"
    ),
    (
      "source: {url: file:///c}\n  pruneLimit: 0.5%",
      "6:15: `pruneLimit` must be a whole percentage such as 50%, not `0.5%`"
    ),
    (
      "source: {url: file:///c}\n  maxParallelRollouts: 0",
      "6:24: `maxParallelRollouts` must be from 1 to 1000, not 0"
    ),
    (
      "source: {url: file:///c}\n  host: {gateway: {envoy: .venv/bin/envoy}}",
      "6:27: `envoy` must be an absolute path or the name of a program on PATH, not `.venv/bin/envoy`"
    ),
    (
      "source: {url: file:///c}\n  host: {gateway: {listen: ':80'}}",
      "6:28: `listen` must be an address and a port such as 127.0.0.1:8000, not `:80`"
    ),
    (
      "source: {url: file:///c}\n  host: {gateway: {listen: '1.2.3.400:80'}}",
      "6:28: `listen` must be an address and a port such as 127.0.0.1:8000, not `1.2.3.400:80`"
    ),
  ])
  func `checks the agent's file`(spec: String, expected: String) {
    let (settings, complaints) = settings("  " + spec)
    #expect(settings == nil)
    #expect(complaints == [expected])
  }

  @Test func `never shows credentials`() {
    let secret = "hunter2"
    let text = resource(
      "Agent", "a", "  source: {url: https://me:\(secret)@h/c.git, branch: https://me:\(secret)@h}")
    let (settings, diagnostics) = readAgentSettings(file(text))
    #expect(settings == nil)
    #expect(diagnostics.count == 2)
    #expect(!diagnostics.map(render).joined().contains(secret))
  }

  @Test(arguments: [
    ("", "1:1: the agent's file holds no document"),
    (
      model("m"),
      "2:7: `kind` must be `Agent`, not `Model`"
    ),
    (
      resource("Agent", "a", "  source: {url: file:///c}") + "---\na: 1\n",
      "7:1: the agent's file must hold one document only"
    ),
  ])
  func `takes one Agent document only`(text: String, expected: String) {
    let (settings, diagnostics) = readAgentSettings(file(text))
    #expect(settings == nil)
    #expect(diagnostics.first.map(summary) == expected)
  }
}
