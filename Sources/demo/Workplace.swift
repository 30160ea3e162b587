import Foundation
import SystemPackage

/// Where things are: the project's own files, and one temporary folder that holds all that the demo makes.
struct Workplace: Sendable {
  /// The project, from this file's place in it: the demo is run where it is built.
  let project = FilePath(#filePath).removingLastComponents(3)
  /// The executable that is shown, built beside this one.
  let evenkeel: FilePath
  let folder: FilePath
  let gatewayPort: Int
  let instancePorts: ClosedRange<Int>

  var remote: FilePath { folder.appending("remote.git") }
  var checkout: FilePath { folder.appending("checkout") }
  var models: FilePath { folder.appending("models") }
  var state: FilePath { folder.appending("state") }
  var config: FilePath { folder.appending("agent.yaml") }
  var agentLog: FilePath { folder.appending("agent.log") }
  var python: FilePath { project.appending(".venv/bin/python") }
  var git: FilePath { "/usr/bin/git" }
  var envoy: FilePath { project.appending(".venv/bin/envoy") }

  /// Makes the folder, readable for this user only, and finds the ports.
  static func create() throws -> Workplace {
    let files = FileManager.default
    let demo = try files.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let name = "evenkeel-demo-\(UUID().uuidString.prefix(8).lowercased())"
    // Without symbolic links, as the agent writes it into the environment of what it starts.
    let folder = FilePath(files.temporaryDirectory.resolvingSymlinksInPath().path).appending(name)
    let ports = try freePorts(inRange: 40)
    try files.createDirectory(
      atPath: folder.string, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    return Workplace(
      evenkeel: FilePath(demo).removingLastComponent().appending("evenkeel"), folder: folder,
      gatewayPort: ports.gateway, instancePorts: ports.instances)
  }

  /// What programs get to see: nothing of the user's own Git or Python settings.
  var environment: [String: String] {
    [
      "PATH": "\(project.appending(".venv/bin")):/usr/local/bin:/usr/bin:/bin",
      "HOME": folder.string,
      "LANG": "C.UTF-8",
      "GIT_CONFIG_NOSYSTEM": "1",
    ]
  }

  /// Says what is missing before anything is begun.
  func checkParts() throws {
    for part in [evenkeel, git, python, envoy]
    where !FileManager.default.isExecutableFile(atPath: part.string) {
      throw StoryError("\(part) is missing: run `make demo`, which builds and installs what the demo needs")
    }
  }

  func writeAgentConfig() throws {
    let text = """
      apiVersion: evenkeel.dev/v1
      kind: Agent
      metadata: {name: demo}
      spec:
        source:
          url: \(quoted("file://\(remote)"))
          branch: main
          path: production
          interval: 1s
          timeout: 10s
          writeBack: {name: Evenkeel, email: evenkeel@example.com}
        stateDir: \(quoted(state.string))
        host:
          instances: process
          ports: \(instancePorts.lowerBound)-\(instancePorts.upperBound)
          gateway: {listen: "127.0.0.1:\(gatewayPort)", envoy: \(quoted(envoy.string))}
        api: {socket: \(quoted(folder.appending("agent.sock").string))}

      """
    try text.write(toFile: config.string, atomically: true, encoding: .utf8)
  }
}

/// A YAML double-quoted scalar.
private func quoted(_ text: String) -> String {
  "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
}

extension FilePath {
  fileprivate func removingLastComponents(_ count: Int) -> FilePath {
    (0..<count).reduce(self) { path, _ in path.removingLastComponent() }
  }
}
