import Foundation
import Testing
import Vocabulary

struct LatencyHistogramTests {
  private func bin(_ from: Int, _ to: Int, _ count: Int) -> LatencyHistogram.Bin {
    .init(from: .milliseconds(from), to: .milliseconds(to), count: count)
  }

  @Test func `a bin that the bound divides counts as not slow`() {
    let histogram = LatencyHistogram(bins: [bin(250, 260, 4), bin(10, 11, 90), bin(260, 270, 5)])
    #expect(histogram.counts(slowerThan: .milliseconds(250)) == SlowCounts(requests: 99, slow: 9))
    #expect(histogram.counts(slowerThan: .milliseconds(251)) == SlowCounts(requests: 99, slow: 5))
    #expect(histogram.counts(slowerThan: .milliseconds(260)) == SlowCounts(requests: 99, slow: 5))
    #expect(histogram.counts(slowerThan: .milliseconds(261)) == SlowCounts(requests: 99, slow: 0))
  }

  @Test func `requests of the same bin are counted together`() {
    var histogram = LatencyHistogram(bins: [bin(10, 11, 1)])
    for added in [bin(20, 21, 2), bin(5, 6, 3), bin(10, 11, 4), bin(15, 16, 5)] { histogram.add(added) }
    #expect(histogram.bins == [bin(5, 6, 3), bin(10, 11, 5), bin(15, 16, 5), bin(20, 21, 2)])
  }

  @Test(arguments: [(0.5, 11), (0.9, 11), (0.91, 260), (0.94, 260), (0.95, 270), (0.99, 270), (0.999, 270)])
  func `a quantile is the end of the bin that it falls into`(quantile: Double, end: Int) {
    let histogram = LatencyHistogram(bins: [bin(10, 11, 90), bin(250, 260, 4), bin(260, 270, 6)])
    #expect(histogram.quantile(quantile) == .milliseconds(end))
    #expect(LatencyHistogram(bins: [bin(10, 11, 1)]).quantile(quantile) == .milliseconds(11))
    #expect(LatencyHistogram().quantile(quantile) == nil)
  }

  @Test func `what is new is what has come since, or all of it after a start from zero`() {
    let earlier = LatencyHistogram(bins: [bin(10, 11, 5), bin(20, 21, 3)])
    let later = LatencyHistogram(bins: [bin(5, 6, 1), bin(10, 11, 5), bin(20, 21, 4), bin(30, 31, 2)])
    #expect(
      later.since(earlier) == LatencyHistogram(bins: [bin(5, 6, 1), bin(20, 21, 1), bin(30, 31, 2)]))
    #expect(later.since(later) == LatencyHistogram())
    #expect(later.since(LatencyHistogram()) == later)
    #expect(earlier.since(later) == earlier)
    let restarted = LatencyHistogram(bins: [bin(10, 11, 900), bin(20, 21, 2)])
    #expect(restarted.since(earlier) == restarted)
  }

  @Test func `is written as a list of numbers, and read back`() throws {
    let histogram = LatencyHistogram(bins: [
      bin(250, 260, 4), .init(from: .microseconds(500), to: .milliseconds(1), count: 9),
    ])
    let encoded = try JSONEncoder().encode(histogram)
    #expect(String(decoding: encoded, as: UTF8.self) == "[500,1000,9,250000,260000,4]")
    #expect(try JSONDecoder().decode(LatencyHistogram.self, from: encoded) == histogram)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(LatencyHistogram.self, from: Data("[500,1000]".utf8))
    }
  }
}
