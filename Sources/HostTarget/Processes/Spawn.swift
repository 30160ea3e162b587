import CSpawn
import Glibc

/// Everything that a new process gets. It inherits nothing of the agent: neither environment nor descriptors,
/// signal mask or dispositions, nor its session.
struct Launch {
  /// The path of the program.
  var program: String
  /// What follows the program's name.
  var arguments: [String]
  /// The name it sees as its own.
  var name: String
  var environment: [String: String]
  /// Where it starts.
  var folder: String
  /// The file that its output is appended to.
  var log: String
}

/// The system's refusal to start a process.
struct SpawnError: Error {
  enum Stage { case log, process }
  var stage: Stage
  var number: Int32
}

/// Starts a process as the leader of its own session, so that it outlives the agent and can be stopped with all
/// its children. Returns once the program has replaced the copy of the agent.
func spawn(_ launch: Launch) throws(SpawnError) -> ProcessIdentity {
  let log = open(launch.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
  guard log >= 0 else { throw SpawnError(stage: .log, number: errno) }
  defer { close(log) }

  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO)
  posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO)
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
  posix_spawn_file_actions_addchdir_np(&actions, launch.folder)

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var nothing = sigset_t()
  sigemptyset(&nothing)
  posix_spawnattr_setsigmask(&attributes, &nothing)
  var everything = sigset_t()
  sigfillset(&everything)
  posix_spawnattr_setsigdefault(&attributes, &everything)
  let resetSignals = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
  posix_spawnattr_setflags(&attributes, EVENKEEL_SPAWN_SETSID | resetSignals)

  let arguments = CStrings([launch.name] + launch.arguments)
  let environment = CStrings(launch.environment.map { "\($0.key)=\($0.value)" }.sorted())
  var pid: pid_t = 0
  let result = posix_spawn(
    &pid, launch.program, &actions, &attributes, arguments.pointer, environment.pointer)
  guard result == 0 else { throw SpawnError(stage: .process, number: result) }
  // A child that ended already keeps its entry until it is waited for, so the start time can always be read.
  return ProcessTable.status(of: pid)?.identity ?? ProcessIdentity(pid: pid, startTime: 0)
}

/// A null-terminated array of C strings, as execve(2) takes it.
private struct CStrings: ~Copyable {
  let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    pointer = .allocate(capacity: count + 1)
    for (index, string) in strings.enumerated() {
      (pointer + index).initialize(to: strdup(string))
    }
    (pointer + count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { free(pointer[index]) }
    pointer.deallocate()
  }
}

/// Why a command has no program.
enum ProgramError: Error {
  case empty
  case notFound(String, place: String)
  case notExecutable(String)
}

/// The program that a command names: a path as it is (relative ones from `folder`), or else the first executable
/// file of that name in the folders of `searchPath`.
func findProgram(_ name: String, searchPath: String, folder: String) throws(ProgramError) -> String {
  guard !name.isEmpty else { throw .empty }
  if name.contains("/") {
    let path = name.hasPrefix("/") ? name : folder + "/" + name
    guard access(path, F_OK) == 0 else {
      throw .notFound(
        name,
        place: path == name ? ": install it there, or correct the path" : " in \(folder): correct the path")
    }
    guard isExecutableFile(path) else { throw .notExecutable(name) }
    return path
  }
  let places = searchPath.split(separator: ":").map { "\($0)/\(name)" }
  guard let path = places.first(where: isExecutableFile) else {
    throw .notFound(name, place: " on the agent's PATH: install it, or write its full path")
  }
  return path
}

private func isExecutableFile(_ path: String) -> Bool {
  var information = stat()
  guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return false }
  return access(path, X_OK) == 0
}
