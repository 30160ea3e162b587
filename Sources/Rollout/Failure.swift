package import Vocabulary

/// Why a rollout ended badly, with everything a person or a revert commit needs to say about it.
package struct Failure: Hashable, Codable, Sendable {
  package enum Reason: String, Codable, Sendable {
    case artifactNotFound = "ArtifactNotFound"
    case digestMismatch = "DigestMismatch"
    case artifactInvalid = "ArtifactInvalid"
    case startFailed = "StartFailed"
    case neverReady = "NeverReady"
    case crashed = "Crashed"
    case checkFailed = "CheckFailed"
    /// An analysis was over and had too few requests, and the policy says that this is a failure.
    case undecided = "Undecided"
    /// Not promoted within `progressDeadline`.
    case deadlineExceeded = "DeadlineExceeded"
    /// A person asked for it with `evenkeel rollback`.
    case rolledBackByHand = "RolledBackByHand"
    /// A person asked for it with `evenkeel abort`.
    case abortedByHand = "AbortedByHand"
  }

  package var reason: Reason
  /// One sentence, without the model's name.
  package var message: String
  /// From 1, of how many, and what the step was.
  package var step: Int
  package var steps: Int
  package var stepText: String
  package var at: Timestamp
  /// What the checks had counted by then.
  package var checks: [CheckReport]
  /// The last lines that the candidate's instance wrote.
  package var log: [String]
}

/// One check as status, history and the revert commit show it.
package struct CheckReport: Hashable, Codable, Sendable {
  package var name: String
  package var verdict: Verdict
  package var evidence: Evidence

  package init(name: String, verdict: Verdict, evidence: Evidence) {
    self.name = name
    self.verdict = verdict
    self.evidence = evidence
  }
}
