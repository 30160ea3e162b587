import Effects
import Foundation
import HostTarget
import Testing
import Vocabulary

@Suite(.serialized, .timeLimit(.minutes(2)))
struct ProcessInstancesTests {
  @Test func `is starting until the model answers ready`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      let spec = try host.server("a", "--ready-after", "0.5")
      try await driver.start(spec)
      #expect(await driver.condition(of: "a") == .starting)
      try await driver.wait(for: "a", toBe: .ready)
      let seen = try #require(await driver.observe().first)
      #expect(seen.lastAnswer == nil)
      #expect(seen.port == spec.port && seen.model == "model" && seen.revision == spec.revision)
    }
  }

  @Test func `starts an instance once, however often it is asked to`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      let spec = try host.server("a")
      try await driver.start(spec)
      let pid = await driver.pid(of: "a")
      try await driver.wait(for: "a", toBe: .ready)
      try await driver.start(spec)
      #expect(await driver.pid(of: "a") == pid)
      #expect(host.processes().count == 1)
    }
  }

  @Test func `a server whose model never loads stays starting, and says what it answers`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      let spec = try host.server("a", "--never-ready")
      try await driver.start(spec)
      try await eventually("it answers") {
        (try? await get(spec.port, "/v2/health/ready").status) == 200
      }
      try await eventually("its answer is known") {
        await driver.observe().first?.lastAnswer == "/v2/models/model/ready answered 503"
      }
      #expect(await driver.condition(of: "a") == .starting)
    }
  }

  @Test(arguments: [0, 3])
  func `says with which status a server exited, and what it wrote last`(status: Int) async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(try host.server("a", "--exit-with", "\(status)"))
      try await driver.wait(for: "a", toBe: .exited("exited with status \(status)"))
      #expect(await driver.pid(of: "a") == nil)
      #expect(await driver.logTail(of: "a", lines: 1) == ["cannot load model"])
      #expect(await driver.logTail(of: "a", lines: 9).count == 2)
    }
  }

  @Test func `says which signal killed a server, within a fraction of a second`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(try host.server("a"))
      try await driver.wait(for: "a", toBe: .ready)
      kill(try #require(await driver.pid(of: "a")), SIGKILL)
      try await driver.wait(for: "a", toBe: .exited("killed by signal 9"), within: .milliseconds(500))
    }
  }

  @Test func `a server that hangs becomes unready, and ready again when it goes on`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(try host.server("a"))
      try await driver.wait(for: "a", toBe: .ready)
      let pid = try #require(await driver.pid(of: "a"))
      kill(pid, SIGSTOP)
      try await eventually("it is unready") {
        if case .unready(let reason) = await driver.condition(of: "a") {
          #expect(reason.contains("did not answer within"))
          return true
        }
        return false
      }
      kill(pid, SIGCONT)
      try await driver.wait(for: "a", toBe: .ready)
    }
  }

  @Test func `gets an explicit environment, its own home and nothing of the agent's`() async throws {
    try await withHost { host in
      setenv("EVENKEEL_TEST_SECRET", "of the agent", 1)
      let driver = try host.driver()
      let spec = try host.server("a", environment: ["MODE": "test", "EVENKEEL_STATE": "stolen"])
      try await driver.start(spec)
      try await driver.wait(for: "a", toBe: .ready)
      let body = try await get(spec.port, "/environment").body
      let environment = try JSONDecoder().decode([String: String].self, from: Data(body))
      #expect(environment["MODE"] == "test")
      #expect(environment["EVENKEEL_TEST_SECRET"] == nil)
      #expect(environment["EVENKEEL_STATE"] == host.state)
      let home = try #require(environment["HOME"])
      #expect(FileManager.default.isWritableFile(atPath: home) && home.hasPrefix(host.state))
      let pid = try #require(await driver.pid(of: "a"))
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
      #expect(descriptors.count <= 6, "more than the standard ones, its listener and poll: \(descriptors)")
      #expect(getsid(pid) == pid)
    }
  }

  @Test(arguments: [
    (["no-such-program"], "there is no program no-such-program on the agent's PATH"),
    (["/no/such/program"], "there is no program /no/such/program: install it there, or correct the path"),
    (["./serve"], "there is no program ./serve in /"),
    (["/etc/passwd"], "is not an executable file"),
    ([], "its command is empty"),
  ])
  func `a command that cannot be run needs a commit`(command: [String], words: String) async throws {
    try await withHost { host in
      let driver = try host.driver()
      let spec = host.spec("a", port: try freePort(), command)
      let error = await #expect(throws: InstanceError.self) { try await driver.start(spec) }
      #expect(error?.kind == .command && error?.remedy == .commit)
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(await driver.observe().isEmpty)
    }
  }

  @Test func `a script without its interpreter needs a commit`() async throws {
    try await withHost { host in
      let script = host.state + "/serve"
      try "#!/no/such/interpreter\n".write(toFile: script, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
      let driver = try host.driver()
      let error = await #expect(throws: InstanceError.self) {
        try await driver.start(host.spec("a", port: try freePort(), ["./serve"]))
      }
      #expect(error?.kind == .command)
    }
  }

  @Test func `does not start on a port that somebody listens on`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      let first = try host.server("a")
      try await driver.start(first)
      let ours = await #expect(throws: InstanceError.self) {
        try await driver.start(try host.server("b", port: first.port))
      }
      #expect(ours?.kind == .portTaken && ours?.message.contains("is the port of a") == true)
      try await driver.wait(for: "a", toBe: .ready)
      let stranger = try ProcessInstances(stateDirectory: host.state + "/other", logger: host.logger) {}
      let foreign = await #expect(throws: InstanceError.self) {
        try await stranger.start(try host.server("b", port: first.port))
      }
      #expect(foreign?.kind == .portTaken && foreign?.message.contains("another process") == true)
    }
  }

  @Test func `stops when asked, and once is enough`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(try host.server("a"))
      try await driver.wait(for: "a", toBe: .ready)
      await driver.stop("a")
      await driver.stop("a")
      await driver.stop("unknown")
      try await driver.wait(for: "a", toBe: .exited("exited with status 0"))
      await driver.stop("a")
      #expect(host.changes.count == 4, "starting, ready, stopping, exited")
      await driver.forget("a")
      #expect(await driver.observe().isEmpty)
      #expect(await driver.logTail(of: "a", lines: 5).isEmpty == false, "logs outlive the instance")
    }
  }

  @Test func `kills after the grace, with children that left the session`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(
        try host.server("a", grace: .milliseconds(300), "--ignore-term", "--children", "2"))
      try await driver.wait(for: "a", toBe: .ready)
      #expect(host.processes().count == 3)
      let begun = ContinuousClock.now
      await driver.stop("a")
      #expect(await driver.condition(of: "a") == .stopping)
      try await driver.wait(for: "a", toBe: .exited("killed by signal 9"))
      #expect(ContinuousClock.now - begun >= .milliseconds(300))
      #expect(host.processes().isEmpty)
    }
  }

  @Test func `nothing stays of a server that died by itself`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(
        try host.server("a", "--children", "1", "--exit-with", "7", "--exit-after", "0.2"))
      try await driver.wait(for: "a", toBe: .exited("exited with status 7"))
      #expect(host.processes().isEmpty)
    }
  }

  @Test func `keeps logs within bounds while the server goes on writing`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      try await driver.start(try host.server("a", "--chatter", "\(20 << 20)"))
      try await driver.wait(for: "a", toBe: .ready)
      let log = host.state + "/instances/a/log"
      try await eventually("the log is cut") { try size(log) < 1 << 20 }
      #expect(try size(log + ".1") == 8 << 20)
      #expect(
        await driver.logTail(of: "a", lines: 3).last == "serving model 1 on port \(try await port(driver))")
    }
  }

  @Test func `shows no control characters of a log`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      let script = #"printf 'a\033[31mred\n\377\tb\n\n'"#
      try await driver.start(host.spec("a", port: try freePort(), ["sh", "-c", script]))
      try await driver.wait(for: "a", toBe: .exited("exited with status 0"))
      #expect(await driver.logTail(of: "a", lines: 5) == ["a[31mred", "\u{FFFD} b"])
    }
  }

  private func size(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
  }

  private func port(_ driver: ProcessInstances) async throws -> Int {
    try #require(await driver.observe().first).port
  }
}

@Suite(.serialized, .timeLimit(.minutes(2)))
struct AdoptionTests {
  @Test func `the next agent takes over what runs, ready at once, under the same pid`() async throws {
    try await withHost { host in
      let spec = try host.server("a")
      var pid: Int32?
      do {
        let driver = try host.driver()
        try await driver.start(spec)
        try await driver.wait(for: "a", toBe: .ready)
        pid = await driver.pid(of: "a")
      }
      let next = try host.driver()
      await next.adopt([spec])
      #expect(await next.condition(of: "a") == .ready)
      #expect(await next.pid(of: "a") == pid)
      await next.stop("a")
      try await eventually("it is gone") {
        if case .exited = await next.condition(of: "a") { true } else { false }
      }
      #expect(host.processes().isEmpty)
    }
  }

  @Test func `finds an instance by its marker alone`() async throws {
    try await withHost { host in
      let spec = try host.server("a")
      try await host.driver().start(spec)
      try await eventually("the kernel shows its environment") { !host.processes().isEmpty }
      // As if the agent had been killed between the start and its note.
      try FileManager.default.removeItem(atPath: host.state + "/instances/a/process")
      let next = try host.driver()
      await next.adopt([spec])
      try await next.wait(for: "a", toBe: .ready)
    }
  }

  @Test func `finds an instance that overwrote its environment by its note`() async throws {
    try await withHost { host in
      let spec = host.spec("a", port: try freePort(), ["env", "-i", "sleep", "60"])
      try await host.driver().start(spec)
      try await eventually("the environment is gone") { host.processes().isEmpty }
      let next = try host.driver()
      await next.adopt([spec])
      #expect(await next.condition(of: "a") == .starting)
      await next.stop("a")
      try await next.wait(for: "a", toBe: .exited("killed by signal 15"))
    }
  }

  @Test func `reports journalled instances without a process as exited`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      await driver.adopt([try host.server("a")])
      #expect(await driver.condition(of: "a") == .lost)
    }
  }

  @Test func `stops instances that nobody knows any more, and leaves those of other agents alone`()
    async throws
  {
    try await withHost { other in
      let foreign = try other.driver()
      try await foreign.start(try other.server("a"))
      try await withHost { host in
        try await host.driver().start(try host.server("a", "--children", "1"))
        let next = try host.driver()
        await next.adopt([])
        try await eventually("strays are gone") { host.processes().isEmpty }
        #expect(await next.observe().isEmpty)
      }
      try await foreign.wait(for: "a", toBe: .ready)
    }
  }

  @Test func `keeps the logs of the last fifty instances only`() async throws {
    try await withHost { host in
      let driver = try host.driver()
      for number in 0..<55 {
        let folder = host.state + "/instances/old-\(number)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let date = Date(timeIntervalSince1970: Double(number))
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: folder)
      }
      await driver.adopt([try host.server("gone")])
      await driver.forget("gone")
      let kept = try FileManager.default.contentsOfDirectory(atPath: host.state + "/instances")
      #expect(kept.count == 50 && !kept.contains("old-4") && kept.contains("old-54"))
    }
  }
}
