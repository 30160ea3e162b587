import Planning
import Testing

@Suite struct TrailerTests {
  private func found(_ message: String) -> [String] {
    trailers(of: message).map { "\($0.key)=\($0.value)" }
  }

  @Test(arguments: [
    "Subject\n\nBody.\n\nEvenkeel-Rollout: 01\nEvenkeel-Model: fraud\n",
    "Subject\n\nEvenkeel-Rollout: 01\nEvenkeel-Model:  fraud  \n\n\n",
    "Subject\n \nEvenkeel-Rollout:\n  01\nEvenkeel-Model: fraud",
    "Subject\n\nEvenkeel-Rollout: 01\n(cherry picked from commit 1234)\nEvenkeel-Model: fraud",
  ])
  func `the last paragraph holds the trailers`(message: String) {
    #expect(found(message) == ["Evenkeel-Rollout=01", "Evenkeel-Model=fraud"])
  }

  @Test(arguments: [
    "", "\n\n", "Evenkeel-Rollout: 01", "\n\nEvenkeel-Rollout: 01\n",
    "Subject\n\nEvenkeel-Rollout: 01\n\nThat is what the agent wrote.\n",
    "Subject\n\nIt was this commit:\nEvenkeel-Rollout: 01\n",
    "Subject\n\n  Evenkeel-Rollout: 01\n", "Subject\n\n> Evenkeel-Rollout: 01\n",
  ])
  func `what is quoted, or said in the subject, is no trailer`(message: String) {
    #expect(found(message) == [])
  }
}
