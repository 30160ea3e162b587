import Foundation
import Glibc

/// Ends every process that the agent started, at once and without mercy, and waits until they are gone. The
/// agent itself must be gone: it would start them again.
///
/// Model servers and the gateway outlive the agent by design. They have sessions of their own, so they are
/// found by the state directory in their environment.
func endProcesses(ofState state: String) async {
  let deadline = ContinuousClock.now + .seconds(10)
  while true {
    let left = processes(ofState: state)
    if left.isEmpty { return }
    guard ContinuousClock.now < deadline else {
      printError("these processes did not end: \(left.map(String.init).joined(separator: " "))")
      return
    }
    for process in left { kill(process, SIGKILL) }
    // Not cancellable: this runs after Ctrl-C, when everything is cancelled.
    await Task { try? await Task.sleep(for: .milliseconds(50)) }.value
  }
}

func processes(ofState state: String) -> [pid_t] {
  let mark = Data("EVENKEEL_STATE=\(state)".utf8)
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.compactMap(pid_t.init).filter { process in
    guard process != getpid(),
      let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ")
    else { return false }
    return environment.split(separator: 0).contains(mark)
  }
}

func printError(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}
