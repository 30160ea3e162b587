/// What moves a model from one phase to another. The machine is the truth; this is its summary, for people. A test
/// lives many random lives and compares: every move that is seen is in the table, and every move in the table is seen.
package struct PhaseMove: Hashable, Sendable {
  /// What happens, in the words of those it happens to.
  package enum Cause: String, Hashable, Sendable, CaseIterable {
    case commit = "Git asks for something else"
    case begin = "the rollout may begin"
    case done = "the step is complete"
    case failure = "the candidate fails"
    case promote = "`evenkeel promote`"
    case abort = "`evenkeel abort`"
    case rollback = "`evenkeel rollback`"
    case retry = "`evenkeel retry`"
    case removal = "Git no longer has the model"
    case gone = "the last instance is gone"
    case setBack = "the branch is set back behind the revert"
  }

  package var from: Phase
  package var cause: Cause
  package var to: Phase

  package init(_ from: Phase, _ cause: Cause, _ to: Phase) {
    self.from = from
    self.cause = cause
    self.to = to
  }
}

extension PhaseMove {
  /// Every move there is.
  package static let all: [PhaseMove] = [
    moves(from: [.stable], .begin, to: .fetching),
    moves(from: [.promoting, .watching, .restoring], .done, to: .stable),
    moves(from: [.fetching], .done, to: .verifying),
    moves(from: [.verifying], .done, to: .starting),
    moves(from: [.starting], .done, to: .stepping),
    moves(from: [.starting, .stepping, .watching], .done, to: .promoting),
    moves(from: [.promoting], .done, to: .watching),
    moves(from: [.promoting, .restoring], .done, to: .writingBack),
    moves(from: [.restoring], .done, to: .held),
    moves(
      from: [.fetching, .verifying, .starting, .stepping, .promoting, .watching], .failure, to: .restoring),
    moves(
      from: [
        .fetching, .verifying, .starting, .stepping, .promoting, .watching, .writingBack, .held, .removing,
      ], .commit, to: .stable),
    moves(from: [.watching], .commit, to: .restoring),
    moves(from: [.stepping], .promote, to: .starting),
    moves(from: [.stepping], .promote, to: .promoting),
    moves(from: [.fetching, .verifying, .starting, .stepping, .promoting], .abort, to: .restoring),
    moves(from: [.stable, .promoting, .watching], .rollback, to: .fetching),
    moves(
      from: [.fetching, .verifying, .starting, .stepping, .promoting, .watching], .rollback, to: .restoring),
    moves(from: [.held], .rollback, to: .writingBack),
    moves(from: [.writingBack], .setBack, to: .held),
    moves(from: [.writingBack, .held], .retry, to: .stable),
    moves(
      from: [
        .stable, .fetching, .verifying, .starting, .stepping, .promoting, .watching, .restoring, .writingBack,
        .held,
      ], .removal, to: .removing),
    moves(from: [.removing], .gone, to: .stable),
  ].flatMap(\.self)

  private static func moves(from phases: [Phase], _ cause: Cause, to phase: Phase) -> [PhaseMove] {
    phases.map { PhaseMove($0, cause, phase) }
  }
}
