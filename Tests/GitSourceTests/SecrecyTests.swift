import Effects
import FoundationEssentials
import GitSource
import Glibc
import TestSupport
import Testing
import Vocabulary

/// Secrets stay in their files.
@Suite struct SecrecyTests {
  private static let canary = "canary-5b1f0c0d7e"

  @Test func `a token is nowhere to be seen while a fetch is under way, nor afterwards`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: Self.canary) { server in
        let (logger, log) = recordingLogger()
        let mirror = try fixture.mirror(of: server, token: Self.canary, logger: logger)
        try server.gate.close()
        async let tip = mirror.fetch()
        try await eventually("somebody waits at the gate") { server.gate.isWaitedAt }
        expectUnseen(Self.canary, in: fixture, children: fixture.worker)
        try server.gate.open()
        _ = try await tip
        try server.accept(token: "another")
        let refused = await complaint { _ = try await mirror.fetch() }
        #expect(refused?.kind == .denied)
        #expect(refused?.message.contains(Self.canary) == false)
        #expect(!log.text.contains(Self.canary))
        expectUnseen(Self.canary, in: fixture)
      }
    }
  }

  @Test func `a private key is nowhere to be seen while a fetch is under way, nor afterwards`() async throws {
    try await Fixture.with { fixture in
      try await SSHServer.serve { server in
        let key = try await server.makeKey()
        try server.authorize(key)
        let secret = try String(contentsOfFile: key, encoding: .utf8).split(separator: "\n")[2]
        let (logger, log) = recordingLogger()
        let mirror = fixture.mirror(of: server, key: key, logger: logger)
        try server.gate.close()
        async let tip = mirror.fetch()
        try await eventually("somebody waits at the gate") { server.gate.isWaitedAt }
        expectUnseen(String(secret), in: fixture, children: fixture.worker, key)
        try server.gate.open()
        _ = try await tip
        #expect(!log.text.contains(secret))
        expectUnseen(String(secret), in: fixture)
      }
    }
  }

  @Test func `a worker that crashes leaves no core file`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        try server.suffer(.stallPack)
        async let outcome = complaint { _ = try await mirror.fetch() }
        let packs = fixture.state + "/objects/pack"
        try await eventually("the pack has begun") {
          let names = (try? FileManager.default.contentsOfDirectory(atPath: packs)) ?? []
          return names.contains { $0.hasPrefix("pack_git2_") }
        }
        let workers = processes(containing: "\(fixture.worker) git-worker")
        #expect(workers.count == 1)
        for worker in workers {
          let limits = try String(contentsOfFile: "/proc/\(worker.id)/limits", encoding: .utf8)
          let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
          #expect(line?.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(limits)")
          kill(worker.id, SIGKILL)
        }
        #expect(await outcome?.kind == .unreachable)
      }
    }
  }

  /// `ssh-keygen` reads the private key that signs.
  @Test func `a program that makes or checks signatures leaves no core file when it crashes`() async throws {
    try await Fixture.with { fixture in
      let key = try await SSHKey("agent", in: fixture.folder)
      let (programs, log) = (fixture.folder + "/programs", fixture.folder + "/limits")
      try write(
        "#!/bin/bash\necho $(ulimit -Sc) $(ulimit -Hc) \"$3\" >> \(log)\nexec /usr/bin/ssh-keygen \"$@\"\n",
        to: programs + "/ssh-keygen")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: programs + "/ssh-keygen")
      let mirror = fixture.mirror {
        $0.signingKey = key.file
        $0.programs = [programs]
      }
      let tip = try await mirror.fetch()
      _ = try await mirror.commit(
        try await mirror.tree(of: tip, replacing: [:]), onto: tip, message: "Change",
        at: Timestamp(milliseconds: 0))
      let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      #expect(lines.contains("0 0 sign"))
      #expect(lines.allSatisfy { $0.hasPrefix("0 0 ") }, "\(lines)")
    }
  }

  /// Looks for a secret in what every process shows of itself, and in all that the mirror has written.
  ///
  /// - Parameter children: What the command lines contain of those processes that must be running.
  private func expectUnseen(_ secret: String, in fixture: Fixture, children: String...) {
    let running = processes()
    for child in children {
      #expect(running.contains { $0.commandLine.contains(child) }, "\(child) is not running")
    }
    for process in running {
      #expect(!process.commandLine.contains(secret) && !process.environment.contains(secret))
    }
    let state = fixture.folder + "/state"
    let files = (try? FileManager.default.subpathsOfDirectory(atPath: state)) ?? []
    #expect(!files.isEmpty)
    for file in files {
      let content = FileManager.default.contents(atPath: "\(state)/\(file)") ?? Data()
      #expect(!String(decoding: content, as: UTF8.self).contains(secret), "\(file)")
    }
  }
}
