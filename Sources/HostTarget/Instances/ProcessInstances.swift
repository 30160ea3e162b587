package import Effects
import Foundation
package import Logging
package import Vocabulary

/// Instances as processes of this host, each the leader of a session of its own.
///
/// They need no agent to go on, and are found again by the next one: by the marker in their environment, which is
/// there from the first moment, or by the note of their pid and start time. What descends from an instance belongs
/// to it and ends with it. This is supervision, not a sandbox: a server that both leaves its session and wipes its
/// environment is beyond its reach.
package actor ProcessInstances: InstanceDriver {
  let stateDirectory: String
  let folders: InstanceFolders
  private let searchPath: String
  private let onChange: @Sendable () -> Void
  private let logger: Logger
  var instances: [InstanceID: SupervisedInstance] = [:] {
    didSet { observations = nil }
  }
  /// Of all of them in order, as of the last time that somebody asked; `nil` once one has changed. Who compares the same
  /// array twice finds at once that it is the same.
  private var observations: [InstanceObservation]?
  /// Watches its end, and asks whether it is ready.
  private var watchers: [InstanceID: [Task<Void, Never>]] = [:]
  private let clock = ContinuousClock()

  /// A driver for one state directory, which is made when it does not exist.
  ///
  /// - Parameters:
  ///   - stateDirectory: Where the folders of instances are; also tells its processes from those of other agents.
  ///   - searchPath: The PATH of the instances, and where their programs are looked for. By default the agent's.
  ///   - onChange: Called whenever the condition of an instance changes, on no particular thread.
  /// - Throws: When the state directory cannot be made.
  package init(
    stateDirectory: String, searchPath: String? = nil, logger: Logger,
    onChange: @escaping @Sendable () -> Void
  ) throws(InstanceError) {
    do {
      try makeFolder(stateDirectory + "/instances")
    } catch {
      throw InstanceError(.host, "the folder of the instances cannot be used: \(error)")
    }
    self.stateDirectory = canonicalPath(stateDirectory)
    folders = InstanceFolders(stateDirectory: self.stateDirectory)
    self.searchPath = searchPath ?? defaultSearchPath()
    self.logger = logger
    self.onChange = onChange
  }

  deinit {
    for task in watchers.values.joined() { task.cancel() }
  }

  // MARK: - InstanceDriver

  package func observe() -> [InstanceObservation] {
    if let observations { return observations }
    let fresh = instances.values.map(\.observation).sorted { $0.id < $1.id }
    observations = fresh
    return fresh
  }

  package func start(_ spec: InstanceSpec) throws(InstanceError) {
    guard instances[spec.id] == nil else { return }
    let launch = try launch(of: spec)
    try checkPorts(of: spec)
    let process: ProcessIdentity
    do {
      try makeFolder(folders.home(of: spec.id))
      process = try spawn(launch)
    } catch let error as SpawnError {
      throw describe(error, spec)
    } catch {
      throw InstanceError(.host, "\(spec.id) cannot be started: \(error)")
    }
    do {
      try folders.note(process, of: spec.id)
    } catch {
      // Its marker is there all the same, so the next life finds it.
      logger.warning("an instance's process cannot be noted", metadata: ["error": "\(error)"])
    }
    watch(SupervisedInstance(spec: spec, process: process, isChild: true))
    logger.info("instance started", metadata: ["instance": "\(spec.id)", "pid": "\(process.pid)"])
  }

  package func stop(_ id: InstanceID) {
    guard var instance = instances[id], !instance.isGone, !instance.isStopping else { return }
    instance.beginStop(killAt: clock.now + instance.spec.terminationGrace)
    instances[id] = instance
    if let process = instance.process { signalGroup(process, SIGTERM) }
    onChange()
  }

  package func forget(_ id: InstanceID) {
    guard instances[id]?.isGone == true else { return }
    instances[id] = nil
    for task in watchers.removeValue(forKey: id) ?? [] { task.cancel() }
    folders.discard(id)
    folders.prune(except: Set(instances.keys))
  }

  package func logTail(of id: InstanceID, lines: Int) -> [String] {
    folders.log(of: id).tail(lines: lines)
  }

  package func adopt(_ journalled: [InstanceSpec]) async {
    var leaders = folders.notedProcesses()
    var marked: Set<InstanceID> = []
    for (status, marker) in ProcessTable.marked(stateDirectory: stateDirectory) {
      guard case .instance(let name) = marker.role else { continue }
      let id = InstanceID(name)
      marked.insert(id)
      if status.isSessionLeader, leaders[id] == nil { leaders[id] = status.identity }
    }
    let unknown = marked.union(leaders.keys).subtracting(journalled.map(\.id)).subtracting(instances.keys)
    for id in unknown { endStray(id, leaders[id]) }

    let new = journalled.filter { instances[$0.id] == nil }
    for spec in new {
      let process = leaders[spec.id]
      if process == nil, marked.contains(spec.id) { endStray(spec.id, nil) }
      watch(SupervisedInstance(spec: spec, process: process, isChild: false))
    }
    await firstAnswers(of: new)
    logger.info("instances adopted", metadata: ["running": "\(leaders.count)", "strays": "\(unknown.count)"])
    onChange()
  }

  // MARK: - Adoption

  /// Ends what carries our marker and belongs to no instance that should run.
  private func endStray(_ id: InstanceID, _ leader: ProcessIdentity?) {
    logger.warning("stopping a process that no journalled instance owns", metadata: ["instance": "\(id)"])
    let marker = Marker(.instance(id.rawValue), stateDirectory: stateDirectory)
    Task { await end(leader, marker: marker, grace: .seconds(10)) }
  }

  /// Asks every adopted instance before anybody can observe it, so that a model that serves is not taken off
  /// traffic only because the agent is new. At most three seconds for all of them together.
  private func firstAnswers(of specs: [InstanceSpec]) async {
    await withTaskGroup { group in
      for spec in specs where instances[spec.id]?.isGone == false {
        group.addTask {
          for _ in 0..<SupervisedInstance.toleratedFailures {
            let answer = await probe(port: spec.port, path: spec.readyPath)
            if await self.take(answer, of: spec.id) == nil || answer == .ready { return }
          }
        }
      }
    }
  }

  // MARK: - Starting

  private func launch(of spec: InstanceSpec) throws(InstanceError) -> Launch {
    let name = spec.command.first ?? ""
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: spec.folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw InstanceError(.host, "\(spec.id) cannot be started: there is no folder \(spec.folder)") }
    let program: String
    do {
      program = try findProgram(name, searchPath: searchPath, folder: spec.folder)
    } catch {
      throw InstanceError(.command, "\(spec.id) cannot be started: \(error.explanation)")
    }
    let marker = Marker(.instance(spec.id.rawValue), stateDirectory: stateDirectory)
    let basics = ["PATH": searchPath, "HOME": folders.home(of: spec.id), "LANG": "C.UTF-8"]
    let environment = basics.merging(spec.environment) { $1 }.merging(marker.variables) { $1 }
    return Launch(
      program: program, arguments: Array(spec.command.dropFirst()), name: name,
      environment: environment, folder: spec.folder, log: folders.log(of: spec.id).path)
  }

  /// A server that finds its port taken may well look ready: whoever has the port answers. So it is not started.
  private func checkPorts(of spec: InstanceSpec) throws(InstanceError) {
    let others = instances.values.filter { !$0.isGone }
    for port in Set([spec.port, spec.metricsPort]) where port > 0 {
      if let other = others.first(where: { [$0.spec.port, $0.spec.metricsPort].contains(port) }) {
        throw InstanceError(.portTaken, "port \(port) for \(spec.id) is the port of \(other.spec.id)")
      }
      if !isPortFree(port) {
        throw InstanceError(.portTaken, "port \(port) for \(spec.id) is taken by another process")
      }
    }
  }

  private func describe(_ error: SpawnError, _ spec: InstanceSpec) -> InstanceError {
    let text = errorText(error.number)
    switch (error.stage, error.number) {
    case (.log, _):
      return InstanceError(.host, "\(spec.id) cannot be started: its log cannot be opened: \(text)")
    case (.process, EAGAIN), (.process, ENOMEM), (.process, ENFILE), (.process, EMFILE):
      return InstanceError(.host, "\(spec.id) cannot be started: the host refuses a new process: \(text)")
    case (.process, _):
      let command = spec.command.first ?? ""
      return InstanceError(
        .command, "\(spec.id) cannot be started: \(command): \(text); if it is a script, check its first line"
      )
    }
  }

  // MARK: - Watching

  private func watch(_ instance: SupervisedInstance) {
    let id = instance.spec.id
    instances[id] = instance
    onChange()
    guard !instance.isGone else { return }
    let port = instance.spec.port
    let path = instance.spec.readyPath
    let ending = Task { [weak self] in
      var look = 0
      while !Task.isCancelled {
        look += 1
        guard await self?.lookAfter(id, boundLog: look % 10 == 0) == true else { return }
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    let readiness = Task { [weak self] in
      while !Task.isCancelled {
        let answer = await probe(port: port, path: path)
        guard let pause = await self?.take(answer, of: id) else { return }
        try? await Task.sleep(for: pause)
      }
    }
    watchers[id] = [ending, readiness]
  }

  /// Takes in an answer of the ready path; says how long to wait before the next question, `nil` for ever.
  private func take(_ answer: ProbeAnswer, of id: InstanceID) -> Duration? {
    guard let before = instances[id], !before.isGone, !before.isStopping else { return nil }
    var after = before
    after.note(answer)
    if after != before { instances[id] = after }
    if after.condition != before.condition { onChange() }
    return after.probeInterval
  }

  /// Looks whether an instance has ended, and sees to it that nothing of it stays; false once it is all gone.
  private func lookAfter(_ id: InstanceID, boundLog: Bool) -> Bool {
    guard var instance = instances[id], let process = instance.process, !instance.isGone else { return false }
    if boundLog { folders.log(of: id).bound() }
    if instance.leaderEnding == nil, case .ended(let how) = checkState(of: process, isChild: instance.isChild)
    {
      instance.leaderEnding = how
      instances[id] = instance
    }
    let isOverdue = instance.killTime.map { clock.now >= $0 } ?? false
    guard let ending = instance.leaderEnding else {
      if isOverdue { signal(self.remnants(of: instance), SIGKILL) }
      return true
    }
    // Children that are asked to stop may take their time; children of a server that died by itself would only
    // hold its port and memory.
    let left = self.remnants(of: instance)
    guard left.isEmpty else {
      if isOverdue || !instance.isStopping { signal(left, SIGKILL) }
      return true
    }
    instance.ended(ending)
    instances[id] = instance
    logger.info("instance ended", metadata: ["instance": "\(id)", "how": "\(ending)"])
    onChange()
    return false
  }

  private func remnants(of instance: SupervisedInstance) -> [ProcessIdentity] {
    let marker = Marker(.instance(instance.spec.id.rawValue), stateDirectory: stateDirectory)
    return HostTarget.remnants(of: instance.process, marker: marker)
  }
}

/// The agent's own PATH, or what a system without one would search.
func defaultSearchPath() -> String {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
  return absoluteSearchPath(path, from: FileManager.default.currentDirectoryPath)
}

/// The folders of a PATH by their full names: relative ones mean the agent's folder, not the one that a process is
/// started in.
func absoluteSearchPath(_ path: String, from folder: String) -> String {
  path.split(separator: ":", omittingEmptySubsequences: false).map { place in
    place.hasPrefix("/") ? String(place) : place.isEmpty ? folder : "\(folder)/\(place)"
  }.joined(separator: ":")
}

extension ProgramError {
  /// What is wrong, for a message.
  var explanation: String {
    switch self {
    case .empty: "its command is empty"
    case .notFound(let name, let place): "there is no program \(name)\(place)"
    case .notExecutable(let path): "\(path) is not an executable file"
    }
  }
}
