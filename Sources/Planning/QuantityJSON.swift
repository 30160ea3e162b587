import Manifests
import Vocabulary

/// `{"cpu": "500m", "memory": "1Gi"}`, as manifests write it, with `null` for what a manifest does not say.
struct ResourcesJSON: Codable {
  var resources: Resources

  private enum CodingKeys: String, CodingKey {
    case cpu, memory
  }

  init(_ resources: Resources) {
    self.resources = resources
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func quantity(_ key: CodingKeys, _ parse: (String) -> Int?) throws -> Int {
      guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return 0 }
      guard let value = parse(text) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "not a quantity such as 500m or 1Gi: \(text)")
      }
      return value
    }
    resources = Resources(milliCPU: try quantity(.cpu, parseCPU), memory: try quantity(.memory, parseMemory))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(resources.milliCPU > 0 ? formattedCPU(resources.milliCPU) : nil, forKey: .cpu)
    try container.encode(resources.memory > 0 ? formattedMemory(resources.memory) : nil, forKey: .memory)
  }
}

/// A whole percentage such as `50%`.
struct PercentText: Codable {
  var percent: Int

  init(percent: Int) {
    self.percent = percent
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let percent = parsePercent(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a percentage such as 50%: \(text)")
    }
    self.percent = percent
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode("\(percent)%")
  }
}
