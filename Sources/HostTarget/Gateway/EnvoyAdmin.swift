import AsyncHTTPClient
import Effects
import FoundationEssentials
import Vocabulary

/// The three things that Envoy reads from files, with the names of their statistics.
enum EnvoyResource: CaseIterable, Sendable {
  case listeners, clusters, routes

  var statistics: String {
    switch self {
    case .listeners: "listener_manager.lds"
    case .clusters: "cluster_manager.cds"
    case .routes:
      "http.\(EnvoyConfiguration.statisticsPrefix).rds.\(EnvoyConfiguration.routesName)"
    }
  }
}

/// Envoy's statistics by name, as its admin interface prints them: `NAME: VALUE`, texts in quotes. Histograms have
/// lines of their own below their name.
struct EnvoyStatistics: Sendable {
  private var values: [String: String] = [:]
  /// How long requests took, by the name of the cluster, of those that were asked for and had any.
  private(set) var latencies: [String: LatencyHistogram] = [:]

  init(text: [UInt8]) {
    var cluster: String?
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let line = String(decoding: line, as: UTF8.self)
      if line.hasPrefix("  ") {
        // Of the other two, one is for the last seconds only, and one has less detail.
        if let cluster, line.hasPrefix(Self.totals) {
          latencies[cluster] = LatencyHistogram(totals: line.dropFirst(Self.totals.count))
        }
        continue
      }
      // Version texts are ours and have no colon; names of clusters have none either.
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon]
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      cluster = value.isEmpty ? Self.cluster(ofTimes: name) : nil
      values[String(name)] = value.trimmingPrefix("\"").trimmingSuffix("\"")
    }
  }

  private static let totals = "  totals="

  private static func cluster(ofTimes name: Substring) -> String? {
    let parts = name.split(separator: ".")
    guard parts.count == 3, parts[0] == "cluster", parts[2] == "upstream_rq_time" else { return nil }
    return String(parts[1])
  }

  func number(_ name: String) -> Int { values[name].flatMap { Int($0) } ?? 0 }

  /// The requests of each cluster, also of those that were removed, that ended without an answer.
  var unanswered: [String: Int] {
    var found: [String: Int] = [:]
    for name in values.keys where name.hasPrefix(EnvoyConfiguration.unansweredPrefix) {
      found[String(name.dropFirst(EnvoyConfiguration.unansweredPrefix.count))] = number(name)
    }
    return found
  }

  func version(of resource: EnvoyResource) -> String? { values[resource.statistics + ".version_text"] }
  func rejections(of resource: EnvoyResource) -> Int { number(resource.statistics + ".update_rejected") }
}

extension LatencyHistogram {
  /// Reads `FROM,WIDTH:COUNT, FROM,WIDTH:COUNT, …` in milliseconds. What cannot be read is left out.
  fileprivate init(totals text: Substring) {
    self.init(
      bins: text.split(separator: " ").compactMap { bin in
        let numbers = bin.split { $0 == "," || $0 == ":" }.compactMap { Double($0) }
        guard numbers.count == 3, numbers[0] < 1e9, let count = Int(exactly: numbers[2]) else { return nil }
        // Times are recorded in whole milliseconds, rounded down: the bin from 5 to 5.1 has all below 6.
        let end = numbers[0] + max(numbers[1], 1)
        return Bin(from: Self.milliseconds(numbers[0]), to: Self.milliseconds(end), count: count)
      })
  }

  /// Rounded to microseconds, so that 290 ms is 290 ms.
  private static func milliseconds(_ number: Double) -> Duration {
    .microseconds(Int64((number * 1000).rounded()))
  }
}

/// Envoy's admin interface, on a unix socket that only our user may open.
struct EnvoyAdmin: Sendable {
  private let base: String

  init(socket: String) {
    // The path is the host part of the address, so all but the plainest characters are escaped.
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.".utf8)
    base =
      "http+unix://"
      + socket.utf8.map { plain.contains($0) ? String(UnicodeScalar($0)) : percentEscaped($0) }.joined()
  }

  /// The version of each resource that Envoy accepted last. The cheapest question there is: it leaves out the
  /// hundred counters of each cluster.
  func versions(deadline: Duration = .seconds(1)) async -> EnvoyStatistics? {
    await statistics("type=TextReadouts", deadline)
  }

  /// How often Envoy has rejected each resource.
  func rejections() async -> EnvoyStatistics? {
    await statistics("type=Counters&usedonly&filter=update_rejected%24", .seconds(1))
  }

  /// Whether it listens.
  func listening() async -> EnvoyStatistics? {
    await statistics("filter=%5Elistener_manager%5C.", .seconds(1))
  }

  /// The requests of every backend that ever had one, and the version of the routes.
  ///
  /// - Parameter clusters: those of which it is also asked how long requests took.
  func requests(latenciesOf clusters: [String]) async -> EnvoyStatistics? {
    var pattern = #"^cluster\.[^.]+\.upstream_rq_(completed|5xx|active)$|^unanswered\.|\.version_text$"#
    if !clusters.isEmpty {
      let names = clusters.count <= Self.mostNames ? clusters.joined(separator: "|") : "[^.]+"
      pattern += #"|^cluster\.(\#(names))\.upstream_rq_time$"#
    }
    return await statistics(
      "usedonly&histogram_buckets=detailed&filter=" + pattern.utf8.map(percentEscaped).joined(),
      .seconds(1))
  }

  /// Asking for more clusters by name would make too long an address; then it is asked for all.
  private static let mostNames = 100

  private func statistics(_ query: String, _ deadline: Duration) async -> EnvoyStatistics? {
    let url = "\(base)/stats?\(query)"
    guard let text = try? await LocalHTTP.body(of: url, limit: 1 << 26, deadline: deadline) else {
      return nil
    }
    return EnvoyStatistics(text: text)
  }
}

private func percentEscaped(_ byte: UInt8) -> String {
  let hex = String(byte, radix: 16, uppercase: true)
  return hex.count == 1 ? "%0" + hex : "%" + hex
}

extension Substring {
  fileprivate func trimmingPrefix(_ prefix: String) -> Substring {
    hasPrefix(prefix) ? dropFirst(prefix.count) : self
  }
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    String(hasSuffix(suffix) ? dropLast(suffix.count) : self)
  }
}
