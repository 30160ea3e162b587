import Glibc
import Subprocess
import SystemPackage

/// Runs a Python script beside `body`, which is given the number on the script's first line. The script has to end
/// with its standard input.
func withCompanion<Result: Sendable>(
  _ arguments: [String], _ body: (Int) async throws -> Result
) async throws -> Result {
  let result = try await Subprocess.run(
    .name("python3"), arguments: Arguments(arguments), input: .inputWriter, output: .sequence,
    error: .discarded
  ) { execution in
    for try await line in execution.standardOutput.strings() {
      guard let number = Int(line.filter(\.isNumber)) else { break }
      return try await body(number)
    }
    throw BenchmarkFailure("\(arguments) did not start")
  }
  return result.closureResult
}

/// A port on 127.0.0.1 that nobody listens on at this moment.
func freePort() throws -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
    }
  }
  try require(isBound, "no port is free")
  return Int(UInt16(bigEndian: address.sin_port))
}
