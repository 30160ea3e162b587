import Testing
import Vocabulary

@testable import HostTarget

private let status = "Name:\tevenkeel\nCpus_allowed:\t3\nCpus_allowed_list:\t0-3,8\nMems_allowed:\t1\n"
private let memory = "MemTotal:       24684092 kB\nMemFree:        20000000 kB\n"

@Suite struct HostCapacityTests {
  @Test(arguments: [
    ("0", 1000), ("0-1", 2000), ("0-3,8", 5000), ("0,2,4-7", 6000),
  ])
  func `counts the processors that the agent may run on`(list: String, milliCPU: Int) {
    let status = status.replacing("0-3,8", with: list)
    #expect(
      capacity(status: status, memory: memory, cpuLimits: [], memoryLimits: [])
        == Resources(milliCPU: milliCPU, memory: 24_684_092 << 10))
  }

  @Test(arguments: [
    (["max 100000\n"], [], 5000, 24_684_092 << 10),
    (["150000 100000\n"], [], 1500, 24_684_092 << 10),
    (["800000 100000\n"], [], 5000, 24_684_092 << 10),
    (["max 100000\n", "250000 100000\n", "300000 100000\n"], ["max\n", "1073741824\n"], 2500, 1 << 30),
    ([], ["99999999999999\n"], 5000, 24_684_092 << 10), ([], ["max\n"], 5000, 24_684_092 << 10),
    (["1 100000\n"], ["0\n"], 1, 0),
    (["", "x", "1 0\n", "5\n"], ["", "many\n", "-1\n"], 5000, 24_684_092 << 10),
  ])
  func `keeps within the limits of every control group around it`(
    cpu: [String], memoryLimits: [String], milliCPU: Int, bytes: Int
  ) {
    #expect(
      capacity(status: status, memory: memory, cpuLimits: cpu, memoryLimits: memoryLimits)
        == Resources(milliCPU: milliCPU, memory: bytes))
  }

  @Test(arguments: [
    ("", memory), ("Cpus_allowed_list:\t\n", memory), ("Cpus_allowed_list:\t3-1\n", memory),
    ("Cpus_allowed_list:\t1-2-3\n", memory), (status, ""), (status, "MemTotal: 5 MB\n"),
    (status, "MemTotal:\n"),
  ])
  func `says nothing of what the kernel does not say`(status: String, memory: String) {
    #expect(capacity(status: status, memory: memory, cpuLimits: [], memoryLimits: []) == nil)
  }

  @Test(arguments: [
    ("0::/\n", [""]),
    ("0::/system.slice/evenkeel.service\n", ["", "/system.slice", "/system.slice/evenkeel.service"]),
    ("12:cpu:/x\n0::/a b\n", ["", "/a b"]), ("0::/../../x\n", [""]), ("9:name=systemd:/\n", []), ("", []),
  ])
  func `finds the control groups around it`(text: String, groups: [String]) {
    #expect(controlGroups(text) == groups)
  }

  @Test func `knows this machine`() throws {
    let capacity = try #require(hostCapacity())
    #expect(capacity.milliCPU > 0)
    #expect(capacity.memory > 0)
  }
}
