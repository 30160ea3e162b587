/// How the gateway is to run.
package struct GatewaySettings: Hashable, Sendable {
  /// The IPv4 or IPv6 address that it listens on.
  package var host: String
  package var port: Int
  /// The Envoy program: a path, or a name to look for in the agent's PATH.
  package var program: String
  /// How long a request may take altogether. Long enough for slow models, short enough that a client learns of a
  /// server that hangs; a request that takes longer is answered 504 and counts as an error.
  package var requestTimeout: Duration
  /// How long a connection to an instance on this same host may take to come about.
  package var connectTimeout: Duration
  /// How long Envoy may take to accept a configuration.
  package var acceptTimeout: Duration
  /// How long Envoy may take until it serves after its start.
  package var startTimeout: Duration

  package init(
    host: String, port: Int, program: String, requestTimeout: Duration = .seconds(300),
    connectTimeout: Duration = .milliseconds(500), acceptTimeout: Duration = .seconds(5),
    startTimeout: Duration = .seconds(20)
  ) {
    self.host = host
    self.port = port
    self.program = program
    self.requestTimeout = requestTimeout
    self.connectTimeout = connectTimeout
    self.acceptTimeout = acceptTimeout
    self.startTimeout = startTimeout
  }
}
