import Testing
import Vocabulary

struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (951_868_799_999, "2000-02-29T23:59:59.999Z"),
    (951_868_800_000, "2000-03-01T00:00:00.000Z"),
    (1_772_357_400_250, "2026-03-01T09:30:00.250Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
  ])
  func `a moment is written as RFC 3339`(_ milliseconds: Int64, _ text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
  }

  @Test func `the order of texts is the order of time`() {
    let times = stride(from: Int64(0), to: 4_000_000_000_000, by: 123_456_789_012).map(
      Timestamp.init(milliseconds:))
    #expect(times.map(\.description).sorted() == times.map(\.description))
  }

  @Test func `moments and durations add up`() {
    let start = Timestamp(milliseconds: 1000)
    #expect(start + .seconds(90) == Timestamp(milliseconds: 91_000))
    #expect((start + .milliseconds(250)) - start == .milliseconds(250))
    #expect(start - (start + .seconds(1)) == .seconds(-1))
    #expect(start < start + .milliseconds(1))
  }

  @Test(arguments: [
    (Duration.microseconds(1999), Int64(1)), (.microseconds(-1999), -1), (.seconds(2), 2000), (.zero, 0),
  ])
  func `milliseconds are rounded towards zero`(_ duration: Duration, _ milliseconds: Int64) {
    #expect(duration.milliseconds == milliseconds)
  }
}
