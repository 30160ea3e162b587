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

/// Envoy's statistics by name, as its admin interface prints them: `NAME: VALUE`, texts in quotes.
struct EnvoyStatistics: Sendable {
  private var values: [String: String] = [:]

  init(text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let line = String(decoding: line, as: UTF8.self)
      // Version texts are ours and have no colon; names of clusters have none either.
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      values[String(line[..<colon])] = value.trimmingPrefix("\"").trimmingSuffix("\"")
    }
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

  /// The 99th percentile of a histogram of milliseconds over the life of Envoy, from its printed form
  /// `P0(INTERVAL,TOTAL) … P99(INTERVAL,TOTAL) …`.
  func percentile99(_ name: String) -> Duration? {
    guard let text = values[name], let found = text.firstRange(of: "P99(") else { return nil }
    let pair = text[found.upperBound...].prefix { $0 != ")" }.split(separator: ",")
    guard pair.count == 2, let milliseconds = Double(pair[1]), milliseconds.isFinite else { return nil }
    return .microseconds(Int64(milliseconds * 1000))
  }

  func version(of resource: EnvoyResource) -> String? { values[resource.statistics + ".version_text"] }
  func rejections(of resource: EnvoyResource) -> Int { number(resource.statistics + ".update_rejected") }
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
  func requests() async -> EnvoyStatistics? {
    let pattern =
      #"^cluster\.[^.]+\.upstream_rq_(completed|5xx|active|time)$|^unanswered\.|\.version_text$"#
    return await statistics(
      "usedonly&filter=" + pattern.utf8.map(percentEscaped).joined(), .seconds(1))
  }

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
