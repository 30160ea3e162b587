import Planning
import Rollout
import Testing
import Vocabulary

private let aRevision: Revision = {
  guard let digest = Digest(bytes: [UInt8](repeating: 8, count: 32)) else {
    preconditionFailure("32 bytes are a digest")
  }
  return digest
}()

@Suite struct ProposalFateTests {
  private static let failed = aRevision
  private static let message = """
    Revert "Deploy fraud 8"

    Why.

    Evenkeel-Rollout: r1
    Evenkeel-Model: fraud
    Evenkeel-Failed-Revision: \(failed)

    """

  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let tip: BranchTip?
    let fate: ProposalFate

    init(_ name: String, _ tip: BranchTip?, _ fate: ProposalFate) {
      testDescription = name
      self.tip = tip
      self.fate = fate
    }
  }

  private static func tip(_ change: (inout BranchTip) -> Void = { _ in }) -> BranchTip {
    var tip = BranchTip(id: "p", parents: ["base"], message: message, tree: "tree", isOriginal: true)
    change(&tip)
    return tip
  }

  static let cases = [
    Case("there is no such branch", nil, .push(replacing: nil)),
    Case("it is up to date", tip(), .keep),
    Case("the branch has moved", tip { $0.parents = ["older"] }, .push(replacing: "p")),
    Case("the revert comes to something else by now", tip { $0.tree = "other" }, .push(replacing: "p")),
    Case(
      "another agent has proposed the same", tip { $0.message = $0.message.replacing("r1", with: "r2") },
      .keep),
    Case(
      "another agent has proposed something else",
      tip {
        $0.message = $0.message.replacing("r1", with: "r2")
        $0.tree = "other"
      }, .leave),
    Case(
      "another agent has proposed it before the branch moved",
      tip {
        $0.message = $0.message.replacing("r1", with: "r2")
        $0.parents = ["older"]
      }, .push(replacing: "p")),
    Case("somebody has amended it", tip { $0.isOriginal = false }, .leave),
    Case("somebody has committed on it", tip { $0.message = "Touch up" }, .leave),
    Case(
      "somebody has merged the branch into it",
      tip {
        $0.message = "Merge branch 'main'"
        $0.parents = ["p0", "base"]
      }, .leave),
    Case(
      "it takes back another release",
      tip { $0.message = $0.message.replacing("\(failed)", with: "sha256:00") },
      .leave),
    Case(
      "it is of another model", tip { $0.message = $0.message.replacing("fraud\n", with: "spam\n") }, .leave),
    Case(
      "our words are only quoted", tip { $0.message += "\nSigned-off-by says more.\n" }, .leave),
  ]

  @Test(arguments: cases) func `what becomes of a branch follows from its tip`(_ given: Case) {
    let fate = proposalFate(
      of: given.tip, model: "fraud", failed: Self.failed, rollout: "r1", tree: "tree", base: "base")
    #expect(fate == given.fate)
  }

  @Test func `each failed release has a branch of its own`() {
    let release = Release(revision: aRevision, version: "8", commit: "3f2a9c1d00112233")
    #expect(proposalBranch(for: "fraud", failed: release) == "evenkeel/revert/fraud-3f2a9c1d")
    #expect(
      proposalBranch(for: "fraud", failed: Release(revision: aRevision, version: "8", commit: nil))
        == "evenkeel/revert/fraud-\(aRevision.short)")
  }
}
