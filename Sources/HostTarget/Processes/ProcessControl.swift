import Glibc

/// Where a process stands, as far as its supervisor can know.
enum ProcessState: Hashable, Sendable {
  case running
  /// Gone; the text says how.
  case ended(String)
}

/// What to say about a process that was not our child: its status went to somebody else.
let endedUnknown = "ended, with a status that nobody was told"

/// Looks once whether a process still runs, and takes note of its end if it is a child of ours: by its own pid
/// only, so that no other part of the agent loses its children's statuses to us.
///
/// The pid of a child stays taken until it is waited for. So for one that was started in this life of the agent
/// (`isChild`) its pid is enough, and a look is one system call; any other is known by its start time, too.
func checkState(of identity: ProcessIdentity, isChild: Bool) -> ProcessState {
  let status = isChild ? nil : ProcessTable.status(of: identity.pid)
  guard isChild || status?.identity == identity else { return .ended(endedUnknown) }
  var code: Int32 = 0
  let waited = waitpid(identity.pid, &code, WNOHANG)
  if waited == identity.pid { return .ended(describeExit(code)) }
  // A zombie that is not our child waits for a parent that may never come, as in a container without an init.
  let isGone = waited < 0 && (status?.isZombie ?? true)
  return isGone ? .ended(endedUnknown) : .running
}

/// An exit status as wait(2) reports it, in words.
func describeExit(_ code: Int32) -> String {
  let signal = code & 0x7f
  return signal == 0 ? "exited with status \(code >> 8 & 0xff)" : "killed by signal \(signal)"
}

/// The process group that a session leader was started with.
func signalGroup(_ leader: ProcessIdentity, _ signal: Int32) {
  guard ProcessTable.status(of: leader.pid)?.identity == leader else { return }
  kill(-leader.pid, signal)
}

/// What still runs of a session: its members, and whoever left it but carries its marker.
func remnants(of leader: ProcessIdentity?, marker: Marker) -> [ProcessIdentity] {
  var found = Set(
    ProcessTable.marked(stateDirectory: marker.stateDirectory).filter { $0.marker == marker }
      .map(\.status.identity))
  if let leader, ownsSession(leader) {
    found.formUnion(
      ProcessTable.running().filter { $0.session == leader.pid }.map(\.identity))
  }
  return found.sorted { $0.pid < $1.pid }
}

/// The number of a session stays taken while it has members. If another process has the leader's pid, the session
/// had ended before and the number is somebody else's now.
private func ownsSession(_ leader: ProcessIdentity) -> Bool {
  guard let holder = ProcessTable.status(of: leader.pid) else { return true }
  return holder.identity == leader
}

/// Sends a signal to these very processes.
func signal(_ processes: [ProcessIdentity], _ number: Int32) {
  for process in processes where ProcessTable.isRunning(process) {
    kill(process.pid, number)
  }
}

/// Asks processes to end, kills what is left after `grace`, and returns when all of it is gone, or at the latest
/// a second after the kill.
func end(_ leader: ProcessIdentity?, marker: Marker, grace: Duration) async {
  let clock = ContinuousClock()
  let killTime = clock.now + grace
  if let leader { signalGroup(leader, SIGTERM) }
  signal(remnants(of: leader, marker: marker), SIGTERM)
  while clock.now < killTime + .seconds(1) {
    if let leader { _ = checkState(of: leader, isChild: false) }
    let left = remnants(of: leader, marker: marker)
    if left.isEmpty { return }
    if clock.now >= killTime { signal(left, SIGKILL) }
    try? await Task.sleep(for: .milliseconds(20))
  }
}

/// Everything that the agent of one state directory has started on this host.
package enum HostProcesses {
  /// Ends every instance and the gateway of a state directory: asks first, kills after `grace`. For taking the
  /// host out of service; the agent itself must not be running, as it would start them again.
  package static func stopAll(stateDirectory: String, grace: Duration) async {
    let state = canonicalPath(stateDirectory)
    let markers = Set(ProcessTable.marked(stateDirectory: state).map(\.marker))
    await withTaskGroup { group in
      for marker in markers {
        group.addTask {
          let leader = ProcessTable.marked(stateDirectory: state).first {
            $0.marker == marker && $0.status.isSessionLeader
          }
          await end(leader?.status.identity, marker: marker, grace: grace)
        }
      }
    }
  }
}
