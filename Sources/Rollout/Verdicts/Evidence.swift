/// What the verdict of a check rests on. As JSON it is the evidence of the check's own kind, without a wrapper.
package enum Evidence: Hashable, Sendable {
  case errorRate(ErrorRateTest.Evidence)
  case latency(LatencyTest.Evidence)
}

extension Evidence: Codable {
  private enum CodingKeys: String, CodingKey {
    /// Only a latency check has one.
    case quantile
  }

  package init(from decoder: any Decoder) throws {
    if try decoder.container(keyedBy: CodingKeys.self).contains(.quantile) {
      self = .latency(try LatencyTest.Evidence(from: decoder))
    } else {
      self = .errorRate(try ErrorRateTest.Evidence(from: decoder))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .errorRate(let evidence): try evidence.encode(to: encoder)
    case .latency(let evidence): try evidence.encode(to: encoder)
    }
  }
}
