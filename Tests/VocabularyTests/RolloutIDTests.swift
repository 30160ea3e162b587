import Testing
import Vocabulary

struct RolloutIDTests {
  @Test func `time comes first, as the ULID specification has it`() {
    let rollout = RolloutID(at: Timestamp(milliseconds: 1_469_918_176_385), randomness: (0, 0))
    #expect(rollout.rawValue == "01ARYZ6S410000000000000000")
  }

  @Test func `all eighty bits of randomness are written`() {
    let rollout = RolloutID(at: Timestamp(milliseconds: 0), randomness: (.max, .max))
    #expect(rollout.rawValue == "0000000000ZZZZZZZZZZZZZZZZ")
    #expect(
      RolloutID(at: Timestamp(milliseconds: 0), randomness: (1, 0)).rawValue == "0000000000000G000000000000")
    #expect(
      RolloutID(at: Timestamp(milliseconds: 0), randomness: (0, 1)).rawValue == "00000000000000000000000001")
  }

  @Test func `the order of names is the order of time`() {
    let times = [0, 1, 31, 32, 1_000, 1_469_918_176_385, 281_474_976_710_655].map(
      Timestamp.init(milliseconds:))
    let early = times.map { RolloutID(at: $0, randomness: (.max, .max)) }
    let late = times.map { RolloutID(at: $0, randomness: (0, 0)) }
    #expect(early.sorted() == early)
    for (left, right) in zip(early, late.dropFirst()) { #expect(left < right) }
  }
}
