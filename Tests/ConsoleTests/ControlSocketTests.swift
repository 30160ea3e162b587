import FoundationEssentials
import Glibc
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Console

@Suite struct ControlSocketTests {
  @Test func `the socket of an agent that crashed is replaced`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      close(try listen(at: path))
      let fixture = ControlFixture(socket: path)
      try await fixture.whileServing { _ = try await fixture.client.status() }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  /// As between the birth of a child and its own program: all descriptors are there twice.
  @Test func `the socket goes with its agent though somebody still holds its descriptor`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      let copies = Mutex<[Int32]>([])
      try await ControlFixture(socket: path).whileServing {
        copies.withLock { $0 = listeners(at: path + ".d/s").map { dup($0) } }
      }
      #expect(copies.withLock(\.count) > 0)
      #expect(SocketProbe(path) == .missing)
      for copy in copies.withLock(\.self) { close(copy) }
    }
  }

  @Test func `nobody but its owner may open the socket, and nothing else is left beside it`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      // As a crash between binding and naming leaves it.
      try FileManager.default.createDirectory(atPath: path + ".d", withIntermediateDirectories: false)
      close(try listen(at: path + ".d/s"))
      try await ControlFixture(socket: path).whileServing {
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names == ["agent.sock"])
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func `a place for the socket that is not ours is left alone`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      try FileManager.default.createDirectory(atPath: path + ".d/theirs", withIntermediateDirectories: true)
      let error = try await #require(throws: ControlSocketError.self) {
        try await ControlFixture(socket: path).server.run()
      }
      #expect(error.description.contains("remove what is there"))
    }
  }

  @Test func `the socket of a living agent is left alone`() async throws {
    try await ControlFixture.serve { fixture in
      let error = try await #require(throws: ControlSocketError.self) {
        try await ControlFixture(socket: fixture.socket).server.run()
      }
      #expect(error.description.hasPrefix("another agent answers at \(fixture.socket)"))
      _ = try await fixture.client.status()
    }
  }

  @Test func `a file that is no socket is left alone`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      try Data("precious".utf8).write(to: URL(filePath: path))
      let error = try await #require(throws: ControlSocketError.self) {
        try await ControlFixture(socket: path).server.run()
      }
      #expect(error.description.contains("is not a socket"))
      #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
      await #expect(throws: ControlClientError.unexpected(socket: path, "it is not a socket")) {
        try await ControlClient(socket: path).status()
      }
    }
  }

  @Test func `a path that no socket can have is refused at once`() async throws {
    let path = "/tmp/" + String(repeating: "x", count: 100)
    let error = try await #require(throws: ControlSocketError.self) {
      try await ControlFixture(socket: path).server.run()
    }
    #expect(error.description.contains("at most 103 bytes"))
  }

  @Test func `without an agent the client says so and what to do`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      let error = try await #require(throws: ControlClientError.self) {
        try await ControlClient(socket: path).status()
      }
      #expect(error == .notRunning(socket: path))
      #expect(error.description.contains("start it with `evenkeel agent`"))
      close(try listen(at: path))
      await #expect(throws: ControlClientError.notRunning(socket: path)) {
        try await ControlClient(socket: path).status()
      }
    }
  }

  @Test func `an agent that never answers is given up`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/agent.sock"
      let descriptor = try listen(at: path)
      defer { close(descriptor) }
      await #expect(throws: ControlClientError.timedOut(socket: path, after: .milliseconds(200))) {
        try await ControlClient(socket: path, patience: .milliseconds(200)).status()
      }
    }
  }

  /// What only `curl` can be made to send.
  @Test(arguments: [
    (["-X", "POST", "-d", "{]", "/v1/models/fraud/rollback"], "InvalidRequest"),
    (["-X", "POST", "-d", #"{"reason": "because"}"#, "/v1/models/fraud/promote"], "InvalidRequest"),
    (
      [
        "-X", "POST", "-d", #"{"reason": "\#(String(repeating: "x", count: 70_000))"}"#,
        "/v1/models/fraud/abort",
      ], "TooLarge"
    ),
    (["/v1/events?wait=31"], "InvalidRequest"),
    (["/v1/events?limit=0"], "InvalidRequest"),
    (["/v1/events?after=-1"], "InvalidRequest"),
    (["/v1/models/fraud/history?limit=many"], "InvalidRequest"),
    (["/v1/nothing"], "NotFound"),
    (["/"], "NotFound"),
    (["-X", "DELETE", "/v1/status"], "NotFound"),
  ])
  func `a wrong request is answered in JSON`(_ arguments: [String], _ reason: String) async throws {
    try await ControlFixture.serve { fixture in
      let path = try #require(arguments.last)
      let result = try await Subprocess.run(
        .name("curl"),
        arguments: Arguments(
          ["--silent", "--unix-socket", fixture.socket] + arguments.dropLast() + ["http://agent\(path)"]),
        output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
      let report = try JSONDecoder().decode(ErrorReport.self, from: Data(result.standardOutput.utf8))
      #expect(report.error.reason == reason)
      #expect(!report.error.message.isEmpty)
    }
  }
}

/// A socket that is listened at and never answered; closing it leaves the file behind, as a crash does.
private func listen(at path: String) throws -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  let result = withUnsafePointer(to: address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  try #require(result == 0 && Glibc.listen(descriptor, 8) == 0)
  return descriptor
}

/// This process's sockets that were bound to the path.
private func listeners(at path: String) -> [Int32] {
  (3..<1024).filter { descriptor in
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard result == 0, address.sun_family == sa_family_t(AF_UNIX) else { return false }
    return withUnsafeBytes(of: address.sun_path) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) == path
    }
  }
}
