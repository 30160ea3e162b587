import Agent
import Effects
import GitSource
import Glibc
import Journal
import Logging
import Manifests
import Planning
import Rollout
import Simulation
import Vocabulary

/// An agent whose mirror, journal and loop are real and whose instances, gateway and artifacts are in memory, so that
/// ten thousand model servers need not run.
struct HostWithoutServers {
  let repository: MeasuredRepository
  let reconciler: Reconciler

  /// The next life of an agent in `folder`, which knows every model that the remote has and runs it already.
  init(in folder: String, url: String, models: Int) async throws {
    let mirror = MirrorRepository(mirrorConfiguration(in: folder, url: url), logger: .silent)
    repository = MeasuredRepository(mirror)
    let journal = try await SQLiteJournal(stateDirectory: folder)
    if try await journal.load().models.isEmpty {
      try await journal.record(try await Self.entries(of: repository, url: url))
    }
    let instances = MemoryInstances()
    for spec in try await journal.load().instances { try await instances.start(spec) }
    let edges = Edges(
      repository: repository, artifacts: MemoryArtifacts(), instances: instances, gateway: MemoryGateway(),
      journal: journal, clock: WallClock(), dice: { UInt64.random(in: .min ... .max) },
      pause: { try? await Task.sleep(for: $0) }, logger: .silent)
    reconciler = Reconciler(
      edges: edges,
      settings: LoopSettings(
        agent: "benchmarks", version: "0", url: url, branch: "main", path: "", ports: firstPort...65_535))
    try await reconciler.resume()
    try await settle()
    try require(await reconciler.poll() == nil, "the remote could not be read")
    try await settle()
    let status = await reconciler.status()
    try require(status.models.count == models, "\(status.models.count) of \(models) models are known")
  }

  /// Passes until nothing moves any more.
  func settle() async throws {
    for _ in 0..<100 where await !reconciler.pass().again { return }
    throw BenchmarkFailure("the loop does not come to rest")
  }

  // MARK: What an earlier life has journalled

  private static func entries(of repository: MeasuredRepository, url: String) async throws -> [JournalEntry] {
    let tip = try await repository.fetch()
    let wishes = try await repository.desired(at: tip)
    var entries = [
      JournalEntry.source(
        SourceRecord(url: url, branch: "main", path: "", commit: tip, fetchedAt: WallClock().now()))
    ]
    for (index, model) in wishes.models.values.sorted(by: { $0.name < $1.name }).enumerated() {
      let record = try servedRecord(of: model, since: tip)
      entries += [.model(record), .instance(try spec(of: model, record, port: firstPort + 2 * index))]
    }
    return entries
  }

  private static func spec(of model: DesiredModel, _ record: ModelRecord, port: Int) throws -> InstanceSpec {
    guard let stable = record.machine.stable else { throw BenchmarkFailure("\(model.name) is not served") }
    let runtime = model.workload.runtime
    let variables = [
      "MODEL_DIR": "/store/\(model.workload.artifact.digest.short)", "MODEL_NAME": model.name.rawValue,
      "PORT": "\(port)", "METRICS_PORT": "\(port + 1)",
    ]
    return InstanceSpec(
      id: InstanceID("\(model.name)-\(stable.revision.short)-1"), model: model.name,
      revision: stable.revision,
      command: runtime.command.map { expand($0, with: variables) },
      environment: runtime.environment.merging(model.workload.environment) { $1 }
        .mapValues { expand($0, with: variables) },
      folder: variables["MODEL_DIR", default: "/"], port: port, metricsPort: port + 1,
      readyPath: expand(runtime.readyPath, with: variables), terminationGrace: runtime.terminationGrace)
  }
}

private let firstPort = 20_000

/// A model whose first deployment is over, as the state machine itself leaves it.
func servedRecord(of model: DesiredModel, since commit: CommitID) throws -> ModelRecord {
  let now = WallClock().now()
  let revision = revision(of: model.workload)
  let release = Release(revision: revision, version: model.workload.artifact.version, commit: commit)
  var machine = ModelMachine(name: model.name)
  let terms = model.live.terms
  _ = machine.desire(release, under: terms, at: now)
  _ = machine.begin(at: now, id: RolloutID(at: now, randomness: (0, 0)))
  var observation = ModelObservation(artifact: .stored, counts: [:])
  observation.instances.ready = terms.replicas
  var steps = 0
  while !machine.isSettled, steps < 100 {
    observation.weights = machine.wanted().weights
    _ = machine.observe(observation, at: now)
    steps += 1
  }
  try require(machine.stable == release, "the first deployment of \(model.name) does not end")
  return ModelRecord(
    machine: machine, live: model.live, workloads: [revision: model.workload], file: model.file,
    conditions: machine.conditions(readyInstances: terms.replicas, trouble: nil, before: [], at: now),
    startedInstances: 1)
}

/// The mirror of a state directory; this program itself is the network worker, as the agent's is.
func mirrorConfiguration(in folder: String, url: String) -> MirrorRepository.Configuration {
  MirrorRepository.Configuration(
    mirror: folder + "/mirror", url: url, branch: "main", path: "",
    author: CommitAuthor(name: "Evenkeel", email: "evenkeel@example.com"),
    // Also for a first clone of a large repository on a machine with other work.
    timeout: .seconds(600),
    worker: "/proc/self/exe")
}

struct WallClock: Clock {
  let boot = ""

  func now() -> Timestamp { Timestamp(milliseconds: read(CLOCK_REALTIME).milliseconds) }

  func uptime() -> Duration { read(CLOCK_BOOTTIME) }

  private func read(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "benchmarks") { _ in SwiftLogNoOpLogHandler() } }
}
