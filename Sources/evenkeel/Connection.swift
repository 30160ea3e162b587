import ArgumentParser
import Console
import FoundationEssentials
import Manifests
import Planning

/// Where the agent and its settings are.
struct ConnectionOptions: ParsableArguments {
  static let defaultConfig = "/etc/evenkeel/agent.yaml"

  @Option(
    help: ArgumentHelp(
      "The agent's file (default: $EVENKEEL_CONFIG, or \(Self.defaultConfig)).", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The socket of the agent's control API (default: what the agent's file says).", valueName: "path"))
  var socket: String?

  static var configFromEnvironment: String {
    ProcessInfo.processInfo.environment["EVENKEEL_CONFIG"] ?? defaultConfig
  }

  var configPath: String { config ?? Self.configFromEnvironment }

  /// Whether a person said where the agent is.
  var isExplicit: Bool { namesConfig || socket != nil }

  /// Whether a person said where the agent's file is.
  var namesConfig: Bool {
    config != nil || ProcessInfo.processInfo.environment["EVENKEEL_CONFIG"] != nil
  }

  func client() throws -> ControlClient {
    if let socket { return ControlClient(socket: absolutePath(socket)) }
    return ControlClient(socket: try settings().socket)
  }

  func settings() throws -> AgentSettings { try readSettings(at: configPath) }
}

/// The agent's settings. What is wrong with its file is shown in full, as `validate` shows it.
func readSettings(at path: String) throws -> AgentSettings {
  let bytes: [UInt8]
  do {
    bytes = Array(try boundedContents(of: path))
  } catch {
    throw CommandFailure(
      "cannot read the agent's file \(path): \(error). "
        + "Name it with --config or EVENKEEL_CONFIG, or a running agent with --socket")
  }
  let (settings, diagnostics) = readAgentSettings(ManifestFile(path: path, bytes: bytes))
  for diagnostic in diagnostics { Output.message(safeText(of: diagnostic)) }
  guard let settings else { throw CommandFailure("\(path) has errors; nothing was done") }
  return settings
}

/// The largest file that is read as a manifest.
let largestManifest = 1 << 20

/// The content of a file that is not too large to be a manifest.
func boundedContents(of path: String) throws -> Data {
  let attributes = try attributes(of: path)
  guard attributes.type != .typeDirectory else { throw CommandFailure("it is a folder") }
  guard attributes.size <= largestManifest else {
    throw CommandFailure("it is larger than \(largestManifest >> 10) KiB")
  }
  guard let data = FileManager.default.contents(atPath: path) else {
    throw CommandFailure("permission denied")
  }
  return data
}

/// Type and size of what a path leads to, links followed.
private func attributes(of path: String) throws -> (type: FileAttributeType?, size: Int) {
  do {
    let resolved = URL(filePath: path).resolvingSymlinksInPath().path
    let attributes = try FileManager.default.attributesOfItem(atPath: resolved)
    return (attributes[.type] as? FileAttributeType, (attributes[.size] as? Int) ?? 0)
  } catch {
    let isDenied = (error as? CocoaError)?.code == .fileReadNoPermission
    throw CommandFailure(isDenied ? "permission denied" : "there is no such file")
  }
}

func absolutePath(_ path: String) -> String {
  path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
}

/// A diagnostic for people. It quotes lines of a manifest, which must not steer the terminal.
func safeText(of diagnostic: Diagnostic) -> String {
  render(diagnostic).split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
    .joined(separator: "\n")
}
