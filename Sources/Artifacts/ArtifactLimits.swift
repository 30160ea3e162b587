/// The bounds on what one artifact may cost. Everything beyond them is refused, never truncated.
package struct ArtifactLimits: Sendable {
  /// The largest download or file, in bytes.
  package var downloadBytes: Int
  /// The most bytes that an archive or a folder may hold altogether.
  package var unpackedBytes: Int
  /// The most files and folders in an archive or a folder.
  package var entries: Int
  /// How many times its own size an archive may grow to. Deflate reaches 1032 at most, honest models a few.
  package var expansion: Int
  /// Unpacked bytes up to which `expansion` is not looked at: a small file of zeros is no bomb.
  package var expansionFloor: Int

  package init(
    downloadBytes: Int = 50 << 30, unpackedBytes: Int = 100 << 30, entries: Int = 100_000,
    expansion: Int = 200, expansionFloor: Int = 64 << 20
  ) {
    self.downloadBytes = downloadBytes
    self.unpackedBytes = unpackedBytes
    self.entries = entries
    self.expansion = expansion
    self.expansionFloor = expansionFloor
  }

  /// The bytes that an archive of this size may unpack to.
  func unpackedBytes(ofArchiveWithBytes archiveBytes: Int) -> Int {
    let (grown, overflow) = archiveBytes.multipliedReportingOverflow(by: expansion)
    return overflow ? unpackedBytes : min(unpackedBytes, max(expansionFloor, grown))
  }
}

/// How long a download may make no progress, and how often it is resumed.
package struct DownloadPatience: Sendable {
  /// Until the connection stands, name resolution and TLS included.
  package var connect: Duration
  /// Until the head of the answer is here.
  package var firstByte: Duration
  /// Between two pieces of the body.
  package var stall: Duration
  /// The fewest bytes of the body that must come in each `rateWindow`; fewer count as an outage. Otherwise a few
  /// servers that send a byte now and then would keep all others waiting for ever.
  package var minimumBytes: Int
  package var rateWindow: Duration
  /// How often in a row a download that breaks off is taken up again before it counts as truncated.
  package var resumptions: Int
  /// How many redirects in a row are followed.
  package var redirects: Int

  package init(
    connect: Duration = .seconds(10), firstByte: Duration = .seconds(60), stall: Duration = .seconds(60),
    minimumBytes: Int = 64 << 10, rateWindow: Duration = .seconds(60), resumptions: Int = 5,
    redirects: Int = 10
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.stall = stall
    self.minimumBytes = minimumBytes
    self.rateWindow = rateWindow
    self.resumptions = resumptions
    self.redirects = redirects
  }
}

/// The pause between two tries: it doubles from `initial` to `maximum`, and a random share of it is left
/// out so that many agents do not come back to a recovering server in the same moment.
package struct Backoff: Sendable {
  package var initial: Duration
  package var maximum: Duration
  /// The largest share of a pause that may be left out, between 0 and 1.
  package var jitter: Double

  package init(
    initial: Duration = .seconds(2), maximum: Duration = .seconds(300), jitter: Double = 0.5
  ) {
    self.initial = initial
    self.maximum = maximum
    self.jitter = jitter
  }

  /// The pause after this many failures in a row (1 is the first); `random` lies between 0 and 1.
  package func pause(afterFailures failures: Int, random: Double) -> Duration {
    let doublings = min(max(failures - 1, 0), 30)
    let full = min(initial * (1 << doublings), maximum)
    return full * (1 - jitter * min(max(random, 0), 1))
  }
}
