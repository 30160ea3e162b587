import TestSupport
import Testing

@Suite struct SoakTests {
  @Test func `hundreds of polls leave nothing behind`() async throws {
    let result = try await run(builtExecutable("soak"), ["--polls", "300", "--commit-every", "5"])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    #expect(result.output.contains("| 300 |"), "\(result.output)")
  }
}
