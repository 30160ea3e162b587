import Effects
import Foundation
import Testing
import Vocabulary

@testable import HostTarget

struct ProcessRulesTests {
  /// A line of `/proc/PID/stat` for a program of this name, in session 7, started at tick 4242.
  private func line(name: String, state: String = "S") -> String {
    "42 (\(name)) \(state) 1 42 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 2600960 200 18446744073709551615"
  }

  @Test(arguments: ["sleep", "a b", "x) S 1 9 9 (", "", "naïve)"])
  func `reads a process whatever its program is called`(name: String) throws {
    let status = try #require(ProcessStatus(line: line(name: name)))
    #expect(status.identity == ProcessIdentity(pid: 42, startTime: 4242))
    #expect(status.session == 7 && !status.isSessionLeader && !status.isZombie)
  }

  @Test func `knows the dead from the living`() {
    #expect(ProcessStatus(line: line(name: "x", state: "Z"))?.isZombie == true)
    #expect(ProcessStatus(line: line(name: "x", state: "R"))?.isZombie == false)
  }

  @Test(arguments: ["", "42", "42 (x", "42 (x) S 1", "x (y) S 1 2 3"])
  func `a line that is cut off is no process`(line: String) {
    #expect(ProcessStatus(line: line) == nil)
  }

  @Test func `a marker is read from the environment that it was written to`() {
    for role in [Marker.Role.instance("model-1-0"), .gateway] {
      let marker = Marker(role, stateDirectory: "/var/lib/a=b")
      let environment = (marker.variables.map { "\($0.key)=\($0.value)" } + ["PATH=/bin", "ODD"])
        .joined(separator: "\0")
      #expect(Marker(environment: Array(environment.utf8)) == marker)
    }
    #expect(Marker(environment: Array("EVENKEEL_INSTANCE=a".utf8)) == nil)
  }

  @Test(arguments: [
    ("/bin:/usr/bin", "/bin:/usr/bin"), (".venv/bin:/bin", "/here/.venv/bin:/bin"), ("/bin:", "/bin:/here"),
    ("..", "/here/.."),
  ])
  func `relative folders of a PATH are meant where the agent was started`(path: String, full: String) throws {
    #expect(absoluteSearchPath(path, from: "/here") == full)
  }

  @Test func `a program in a relative folder of the PATH is found by its full name`() throws {
    let here = FileManager.default.currentDirectoryPath
    let up = here.split(separator: "/").map { _ in ".." }.joined(separator: "/")
    let searchPath = absoluteSearchPath("\(up)/bin", from: here)
    #expect(try findProgram("sh", searchPath: searchPath, folder: "/nowhere") == "\(here)/\(up)/bin/sh")
  }

  @Test func `exit statuses are put in words`() {
    #expect(describeExit(0) == "exited with status 0")
    #expect(describeExit(3 << 8) == "exited with status 3")
    #expect(describeExit(9) == "killed by signal 9")
    #expect(describeExit(11 | 0x80) == "killed by signal 11", "with a core dump")
  }

  @Test func `only three failed probes in a row make a ready instance unready`() {
    var instance = SupervisedInstance(
      spec: spec, process: ProcessIdentity(pid: 1, startTime: 1), isChild: true)
    instance.note(.notReady("loading"))
    #expect(instance.condition == .starting)
    instance.note(.ready)
    for _ in 0..<2 { instance.note(.notReady("slow")) }
    #expect(instance.condition == .ready)
    instance.note(.ready)
    for _ in 0..<3 { instance.note(.notReady("slow")) }
    #expect(instance.condition == .unready("slow"))
    instance.note(.notReady("gone"))
    #expect(instance.condition == .unready("gone"))
    instance.note(.ready)
    #expect(instance.condition == .ready)
  }

  @Test func `an instance that is stopping or gone stays so, whatever it answers`() {
    var instance = SupervisedInstance(
      spec: spec, process: ProcessIdentity(pid: 1, startTime: 1), isChild: true)
    instance.beginStop(killAt: .now)
    instance.note(.ready)
    #expect(instance.condition == .stopping)
    instance.ended("exited with status 0")
    instance.note(.ready)
    #expect(instance.condition == .exited("exited with status 0"))
    #expect(instance.observation.pid == nil)
  }

  @Test func `JSON texts are escaped`() {
    let value: JSON = ["a\"\\\n\u{1}é": [1, true, "x"], "": .object([])]
    #expect(String(decoding: value.bytes, as: UTF8.self) == #"{"a\"\\\u000a\u0001é":[1,true,"x"],"":{}}"#)
  }

  private var spec: InstanceSpec {
    InstanceSpec(
      id: "a", model: "model", revision: Host.revision("1"), command: [], environment: [:], folder: "/",
      port: 1, metricsPort: 0, readyPath: "/", terminationGrace: .zero)
  }
}
