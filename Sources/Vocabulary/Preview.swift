/// How people reach a candidate before it gets any traffic.
package enum Preview: Hashable, Codable, Sendable {
  /// Requests of the model's route that carry this header, whatever its value. Lower case.
  case header(String)
  /// Requests of the model's path for this host name.
  case host(String)
}
