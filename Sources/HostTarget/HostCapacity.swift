package import Vocabulary

/// What the processes of this agent may use in all, by what the kernel says: the processors that they may run on and
/// the memory of the machine, both within the limits of the control groups (version 2) that the agent is in. `nil`
/// when the kernel does not say.
package func hostCapacity() -> Resources? {
  func text(_ path: String) -> String? {
    readFile(path, limit: 1 << 16).map { String(decoding: $0, as: UTF8.self) }
  }
  guard let status = text("/proc/self/status"), let memory = text("/proc/meminfo") else { return nil }
  let groups = controlGroups(text("/proc/self/cgroup") ?? "").map { "/sys/fs/cgroup" + $0 }
  return capacity(
    status: status, memory: memory, cpuLimits: groups.compactMap { text($0 + "/cpu.max") },
    memoryLimits: groups.compactMap { text($0 + "/memory.max") })
}

/// - Parameters:
///   - status: `/proc/self/status`, see proc(5).
///   - memory: `/proc/meminfo`.
///   - cpuLimits: `cpu.max` of each control group; the smallest holds.
///   - memoryLimits: `memory.max` of each.
func capacity(
  status: String, memory: String, cpuLimits: [String], memoryLimits: [String]
) -> Resources? {
  guard let processors = field("Cpus_allowed_list", of: status).flatMap(count(ofList:)),
    let total = field("MemTotal", of: memory).flatMap(bytes)
  else { return nil }
  return Resources(
    milliCPU: cpuLimits.compactMap(thousandths).reduce(processors * 1000, min),
    memory: memoryLimits.compactMap { number(trimmed($0[...])) }.reduce(total, min))
}

/// The paths of a process's control group and of those around it, from `/proc/PID/cgroup`; only the root where it
/// lies outside of what can be seen.
func controlGroups(_ text: String) -> [String] {
  let prefix = "0::/"
  guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }) else { return [] }
  let parts = line.dropFirst(prefix.count).split(separator: "/")
  guard !parts.contains("..") else { return [""] }
  return (0...parts.count).map { parts[..<$0].map { "/" + $0 }.joined() }
}

/// The value in a file of lines `NAME:   VALUE`.
private func field(_ name: String, of text: String) -> Substring? {
  text.split(separator: "\n").first { $0.hasPrefix(name + ":") }.map { trimmed($0.dropFirst(name.count + 1)) }
}

/// How many numbers a list such as `0-3,8` holds.
private func count(ofList text: Substring) -> Int? {
  var count = 0
  for range in text.split(separator: ",", omittingEmptySubsequences: false) {
    let bounds = range.split(separator: "-", omittingEmptySubsequences: false).map(number)
    guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1],
      first <= last
    else { return nil }
    count += last - first + 1
  }
  return count
}

/// `24684092 kB`, which the kernel means as KiB.
private func bytes(_ text: Substring) -> Int? {
  let parts = text.split(separator: " ")
  guard parts.count == 2, parts[1] == "kB", let kibibytes = number(parts[0]) else { return nil }
  return kibibytes << 10
}

/// Thousandths of a processor from `QUOTA PERIOD`; `nil` without a limit, which is `max PERIOD`.
private func thousandths(_ text: String) -> Int? {
  let parts = trimmed(text[...]).split(separator: " ")
  guard parts.count == 2, let quota = number(parts[0]), let period = number(parts[1]), period > 0 else {
    return nil
  }
  return max(1, Int(Double(quota) / Double(period) * 1000))
}

/// At most some 10^15, so that sums and products stay whole numbers; `nil` for `max`.
private func number(_ text: Substring) -> Int? {
  Int(text).flatMap { (0...(1 << 50)).contains($0) ? $0 : nil }
}

private func trimmed(_ text: Substring) -> Substring {
  text.drop { $0.isWhitespace }.prefix { !$0.isNewline }
}
