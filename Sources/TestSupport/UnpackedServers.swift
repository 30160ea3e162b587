import FoundationEssentials

/// The programs that `make deps` has unpacked from Debian's packages and not installed.
enum UnpackedServers {
  /// `.build/servers`, from this file's place in the project.
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: ".build/servers").path

  static func program(_ name: String) throws -> String {
    let path = "\(folder)/usr/sbin/\(name)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw GitCommand.Failure(description: "there is no \(path): run `make deps`")
    }
    return path
  }

  /// The folder of their libraries: it is named after the machine.
  static func libraries() throws -> String {
    let libraries = try FileManager.default.contentsOfDirectory(atPath: folder + "/usr/lib")
      .first { $0.hasSuffix("-linux-gnu") }
    return "\(folder)/usr/lib/\(libraries ?? "")"
  }
}

/// Where a test can hold a Git server up, in the middle of an operation, and let it go on.
package struct Gate: Sendable {
  private let folder: String

  /// - Parameters:
  ///   - folder: Where the gate's files lie.
  ///   - command: What a client wants to have run, for a shell.
  /// - Returns: The gate, and the path of a script that passes it and then runs the command.
  static func make(in folder: String, before command: String) throws -> (gate: Gate, script: String) {
    let script = folder + "/pass-gate"
    try write(
      """
      #!/bin/sh
      unset LD_LIBRARY_PATH LD_PRELOAD
      export PATH=/usr/local/bin:/usr/bin:/bin GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
      if [ -e \(folder)/closed ]; then
        : > \(folder)/waiting
        while [ -e \(folder)/closed ]; do sleep 0.05; done
      fi
      exec \(command)

      """, to: script)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    return (Gate(folder: folder), script)
  }

  /// Whoever comes from now on waits.
  package func close() throws { try write("", to: folder + "/closed") }

  /// Whether somebody has come to the closed gate.
  package var isWaitedAt: Bool { FileManager.default.fileExists(atPath: folder + "/waiting") }

  package func open() throws { try FileManager.default.removeItem(atPath: folder + "/closed") }
}
