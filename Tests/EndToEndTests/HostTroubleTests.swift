import Foundation
import TestSupport
import Testing

/// The host is not as it should be, and what a service manager is told.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct HostTroubleTests {
  @Test func `without Envoy the agent says so, and serves once there is one`() async throws {
    try await withSite({ $0.envoy = "/nonexistent/envoy" }) { site in
      try await site.describePlatform()
      let agent = try await site.start()
      try await site.deploy("fraud", "1")
      let waiting = try await site.wait(for: "fraud", "waits for the gateway") {
        $0.condition("Stalled")?.reason == "GatewayUnavailable"
      }
      #expect(waiting.condition("Stalled")?.message.contains("/nonexistent/envoy") == true)
      #expect(agent.words().contains("/nonexistent/envoy"))
      try await agent.terminate()
      try site.reconfigure { $0.envoy = projectFolder + "/.venv/bin/envoy" }
      try await site.start()
      try await site.waitUntilStable("fraud", "1")
      #expect(try await site.infer("fraud").status == 200)
    }
  }

  @Test func `a service manager hears of readiness when the gateway serves, not before`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      let manager = try ServiceManager(socket: site.folder + "/notify")
      defer { manager.close() }
      let foreign = try ForeignListener(port: site.gateway)
      let agent = try site.launch(["NOTIFY_SOCKET": site.folder + "/notify"])
      do {
        defer { foreign.close() }
        try await manager.hears("STATUS=waiting for the gateway")
        #expect(manager.heard.contains { $0.contains("EXTEND_TIMEOUT_USEC=") })
        #expect(manager.heard.contains { $0.contains("another process listens on it") })
        #expect(!manager.heard.contains { $0.contains("READY=1") })
        #expect(agent.words().contains("\(site.gateway)"))
      }
      try await manager.hears("READY=1")
      #expect(try await site.infer("nobody").status == 404, "the gateway answers")
      try await agent.terminate()
      try await manager.hears("STOPPING=1")
      #expect(try await site.infer("nobody").status == 404, "the gateway still answers")
    }
  }

  @Test func `a second agent on the same state directory is refused`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      let first = try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      let running = site.processes()
      try site.reconfigure { $0.socket = "second.sock" }
      let second = try site.launch()
      #expect(try await second.end() == 1)
      #expect(second.words().contains("another agent (process \(first.pid))"), "\(second.words())")
      let run = try await site.evenkeel("reconcile")
      #expect(run.status == 1 && run.errors.contains("another agent"), "\(run)")
      try site.reconfigure { $0.socket = "agent.sock" }
      #expect(try await site.model("fraud")?.isStable("1") == true)
      #expect(site.processes() == running)
      #expect(try await site.infer("fraud").status == 200)
    }
  }
}

/// The receiving end of sd_notify(3).
private final class ServiceManager {
  private let descriptor: Int32
  private(set) var heard: [String] = []

  init(socket path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }

  func close() { _ = Glibc.close(descriptor) }

  func hears(_ words: String) async throws {
    try await eventually("\(words); heard: \(heard)", within: .seconds(60)) {
      listen()
      return heard.contains { $0.contains(words) }
    }
  }

  private func listen() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return }
      heard.append(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
  }
}
