import Agent
import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport

extension Scenario {
  /// What an agent that has come to rest keeps in memory, measured in a process of its own.
  static let memoryAtRest = Scenario(name: "memory") { scale in
    try await withTemporaryFolder { folder in
      let remote = try await FleetRemote(scale, in: folder)
      // The first life reads and journals everything, the second finds it so.
      let state = folder + "/state"
      let first = try await residentSize(afterRestingIn: state, url: remote.remote.path, scale)
      let second = try await residentSize(afterRestingIn: state, url: remote.remote.path, scale)
      let nothing = try await residentSize(afterRestingIn: nil, url: "", scale)
      return [
        Figure(
          work: "memory at rest: resident", unit: .mebibytes, ours: try Samples([second]), bar: .most(64),
          note:
            "Resident right after the first read of everything: \(rounded(first, 1)) MiB; an idle process "
            + "of the same program: \(rounded(nothing, 1)) MiB.")
      ]
    }
  }
}

/// - Returns: MiB.
private func residentSize(afterRestingIn folder: String?, url: String, _ scale: Scale) async throws -> Double
{
  let result = try await Subprocess.run(
    .path("/proc/self/exe"),
    arguments: Arguments([RestingAgent.command, folder ?? "", url, "\(scale.models)"]),
    output: .string(limit: 4096),
    error: .string(limit: 65_536))
  guard let size = Double(result.standardOutput.filter { !$0.isWhitespace }) else {
    throw BenchmarkFailure("the resting agent failed: \(result.standardError)")
  }
  return size
}

/// The child process: becomes an agent that knows every model, comes to rest, and prints its resident size.
enum RestingAgent {
  static let command = "rest"

  /// - Parameter arguments: State directory, empty for no agent at all; the remote; how many models it has.
  static func main(_ arguments: [String]) async {
    do {
      try require(arguments.count == 3, "usage: benchmarks \(command) FOLDER URL MODELS")
      var host: HostWithoutServers?
      if !arguments[0].isEmpty {
        host = try await HostWithoutServers(
          in: arguments[0], url: arguments[1], models: Int(arguments[2]) ?? 0)
        // A few turns of the idle loop.
        for _ in 0..<5 {
          _ = await host?.reconciler.poll()
          try await host?.settle()
        }
      }
      print(try residentMebibytes())
      withExtendedLifetime(host) {}
    } catch {
      Progress.say("\(error)")
    }
  }
}

private func residentMebibytes() throws -> Double {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  guard let kibibytes = line.flatMap({ Double($0.filter(\.isNumber)) }) else {
    throw BenchmarkFailure("/proc/self/status has no VmRSS")
  }
  return kibibytes / 1024
}
