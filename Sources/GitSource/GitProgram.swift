import Effects
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// The installed `git`, for the one thing that libgit2 does differently: merging. It works on the mirror alone, knows no
/// configuration but the mirror's own, and is killed when its deadline passes.
struct GitProgram: Sendable {
  /// A path, or a name that is looked up.
  let executable: String
  let mirror: String
  let deadline: Duration

  /// Paths of conflicts are all that is said at length.
  private static let outputLimit = 16 << 20
  /// `git merge-tree` writes nothing but objects since this version.
  private static let oldestVersion = "2.38"

  /// Merges two commits with one common parent.
  ///
  /// - Parameter workTree: A folder with the attributes that hold for the merge; `nil` when there are none.
  /// - Returns: `nil` when Git has died of it. It does so for some merges (2.39 of an assertion, where renames meet), and
  ///   would again.
  func merge(_ ours: ObjectID, _ theirs: ObjectID, workTree: String?) async throws(SourceError) -> TreeMerge?
  {
    let arguments = [
      "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours.hex, theirs.hex,
    ]
    switch await raceAgainstDeadline(arguments, workTree: workTree) {
    case .deadline:
      throw SourceError(.timedOut, "cannot revert: git did not end after \(deadline.inWords)")
    case .failed(let reason):
      throw SourceError(
        .mirror, "cannot revert: git (\(Self.oldestVersion) or later) cannot be run: \(oneLine(reason))")
    case .ended(.signaled(let signal), _, _) where [SIGABRT, SIGSEGV, SIGBUS].contains(signal):
      return nil
    case .ended(let status, let output, let complaints):
      guard let merge = TreeMerge(output, status) else {
        throw SourceError(
          .mirror,
          "cannot revert: git merge-tree (of \(Self.oldestVersion) or later) ended with \(status): "
            + oneLine(String(complaints.suffix(500))))
      }
      return merge
    }
  }

  private enum Ending: Sendable {
    case ended(TerminationStatus, output: [UInt8], complaints: String)
    case failed(String)
    case deadline
  }

  private func raceAgainstDeadline(_ arguments: [String], workTree: String?) async -> Ending {
    await withTaskGroup(of: Ending.self) { group in
      group.addTask { await run(arguments, workTree: workTree) }
      group.addTask {
        do {
          try await Task.sleep(for: deadline)
          return .deadline
        } catch {
          return .failed("the operation was cancelled")
        }
      }
      let first = await group.next() ?? .deadline
      // Ends the timer, or kills the child; leaving the group waits until it is gone.
      group.cancelAll()
      return first
    }
  }

  private func run(_ arguments: [String], workTree: String?) async -> Ending {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
    ]
    do {
      let result = try await Subprocess.run(
        executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
        arguments: Arguments(arguments), environment: .custom(environment(workTree: workTree)),
        workingDirectory: FilePath(workTree ?? "/"), platformOptions: options, input: .none,
        output: .bytes(limit: Self.outputLimit), error: .string(limit: Self.outputLimit))
      return .ended(
        result.terminationStatus, output: result.standardOutput, complaints: result.standardError)
    } catch {
      return .failed("\(error)")
    }
  }

  /// Everything by which a host, or whoever starts the agent, could change what Git does is left out or turned off.
  private func environment(workTree: String?) -> [Environment.Key: String] {
    var variables: [Environment.Key: String] = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "GIT_DIR": mirror,
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
      "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0",
    ]
    if let workTree { variables["GIT_WORK_TREE"] = workTree }
    return variables
  }
}

extension TreeMerge {
  /// Reads what `git merge-tree --write-tree -z --name-only --no-messages` prints: the id of the tree, then the paths
  /// with conflicts, each ended by a zero byte. Only the status says whether there are conflicts (1): those between
  /// whole folders have no path. Anything above is trouble.
  fileprivate init?(_ output: [UInt8], _ status: TerminationStatus) {
    let fields = output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    guard let hex = fields.first, let tree = ObjectID(hex: hex) else { return nil }
    switch status {
    case .exited(0): self = .clean(tree)
    case .exited(1): self = .conflict(paths: Set(fields.dropFirst()).sorted())
    default: return nil
    }
  }
}
