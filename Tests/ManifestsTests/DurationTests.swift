import Manifests
import Testing
import Vocabulary

struct DurationTests {
  @Test(arguments: [
    ("90s", Duration.seconds(90)), ("10m", .seconds(600)), ("1h", .seconds(3600)), ("1h30m", .seconds(5400)),
    ("1500ms", .milliseconds(1500)), ("1m1s1ms", .milliseconds(61_001)),
  ])
  func `reads durations`(text: String, expected: Duration) throws {
    let manifests =
      model("m") + "---\n" + shared.replacingOccurrences("checks:", by: "readyTimeout: \(text)\n  checks:")
    #expect(state(["a.yaml": manifests]).models["m"]?.live.policy.readyTimeout == expected)
  }

  @Test(arguments: [
    "s", "1", "-1s", "1.5h", "1s1m", "1m1m", "1d", "1 s", "9999999999999999999s", "1h ", "１s",
  ])
  func `refuses what is not a duration`(text: String) {
    let found = complaints(shared.replacingOccurrences("checks:", by: "readyTimeout: \"\(text)\"\n  checks:"))
    #expect(found == ["13:17: `readyTimeout` must be a duration such as 90s, 10m or 1h30m, not `\(text)`"])
  }
}
