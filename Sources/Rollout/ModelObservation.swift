package import Vocabulary

/// What the edges say about a model, reduced to what the machine decides on.
package struct ModelObservation: Hashable, Sendable {
  package enum Artifact: Hashable, Sendable {
    /// On its way; the words say how far, or what it waits for.
    case pending(String)
    case verifying
    case stored
    /// Not to be had, or not what the manifest says. No retry helps.
    case failed(Failure.Reason, String)
  }

  /// The candidate's instances, or stable's when there is no rollout.
  package struct Instances: Hashable, Sendable {
    package var ready = 0
    /// Running, and not asked or not answered yet.
    package var starting = 0
    /// Running, and not answering any more.
    package var unready = 0
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
  /// The split that the gateway has confirmed; empty without a route, `nil` when that is not known.
  package var weights: [Revision: Int]?
  /// The gateway's totals per revision; `nil` when it could not be asked.
  package var counts: [Revision: RequestCounts]?
  /// How long almost every request takes, of the slower side; `nil` when that is not known.
  package var requestDuration: Duration?
  /// Why the gateway does not do what it is asked, in words.
  package var gatewayTrouble: String?

  package init(
    artifact: Artifact = .pending(""), instances: Instances = Instances(),
    weights: [Revision: Int]? = nil, counts: [Revision: RequestCounts]? = nil,
    requestDuration: Duration? = nil, gatewayTrouble: String? = nil
  ) {
    self.artifact = artifact
    self.instances = instances
    self.weights = weights
    self.counts = counts
    self.requestDuration = requestDuration
    self.gatewayTrouble = gatewayTrouble
  }
}
