package import Vocabulary

extension ModelMachine {
  /// Whether it matters to the rollout how far the candidate's artifact is.
  package var needsArtifact: Bool {
    guard let rollout, case .stepping = rollout.stage else { return false }
    return !rollout.stance.candidateRuns
  }
}

/// What the edges say about a model, reduced to what the machine decides on.
package struct ModelObservation: Hashable, Sendable {
  package enum Artifact: Hashable, Sendable {
    /// On its way; the words say how far.
    case pending(String)
    /// The registry or our own disk is in trouble, in words: no fault of the artifact.
    case unavailable(String)
    case verifying
    case stored
    /// Not to be had, or not what the manifest says. No retry helps.
    case failed(Failure.Reason, String)
  }

  /// The candidate's instances, or stable's when there is no rollout.
  package struct Instances: Hashable, Sendable {
    package var ready = 0
    /// Not gone yet, in whatever condition.
    package var existing = 0
    /// Running, and not asked or not answered yet.
    package var starting = 0
    /// How often one has ended by itself since the rollout began.
    package var exits = 0
    /// How the last one ended, or what is wrong with it, in words.
    package var trouble: String?
    /// Why none can be started at all, in words; no retry helps.
    package var unstartable: String?
    /// The last lines it wrote.
    package var log: [String] = []

    package init() {}
  }

  package var artifact: Artifact
  package var instances: Instances
  /// How many instances of the model's other releases are not gone yet.
  package var others: Int
  /// The split that the gateway has confirmed; empty without a route, `nil` when that is not known.
  package var weights: [Revision: Int]?
  /// The share of requests that the gateway has confirmed to copy to the candidate; 0 without one.
  package var mirror: Int
  /// How people reach the candidate, as the gateway has confirmed it.
  package var preview: Preview?
  /// The gateway's totals per revision; `nil` when it could not be asked.
  package var counts: [Revision: RequestCounts]?
  /// The gateway's totals of how long requests took, of those revisions that have had some.
  package var latencies: [Revision: LatencyHistogram]
  /// How long almost every request takes, of the slower side; `nil` when that is not known.
  package var requestDuration: Duration?
  /// Why the gateway does not do what it is asked, in words.
  package var gatewayTrouble: String?
  /// Something outside the model that its rollout should not go on without, such as Git.
  package var outage: Trouble?

  package init(
    artifact: Artifact = .pending(""), instances: Instances = Instances(), others: Int = 0,
    weights: [Revision: Int]? = nil, mirror: Int = 0, preview: Preview? = nil,
    counts: [Revision: RequestCounts]? = nil, latencies: [Revision: LatencyHistogram] = [:],
    requestDuration: Duration? = nil,
    gatewayTrouble: String? = nil, outage: Trouble? = nil
  ) {
    self.artifact = artifact
    self.instances = instances
    self.others = others
    self.weights = weights
    self.mirror = mirror
    self.preview = preview
    self.outage = outage
    self.counts = counts
    self.latencies = latencies
    self.requestDuration = requestDuration
    self.gatewayTrouble = gatewayTrouble
  }
}
