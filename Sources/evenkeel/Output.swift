import ArgumentParser
import Console
import FoundationEssentials
import Glibc

/// How a command shows its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

struct OutputOptions: ParsableArguments {
  @Option(name: [.customShort("o"), .customLong("output")], help: "How to show the result.")
  var format = OutputFormat.text
}

/// Results go to standard output and messages to standard error, so that one can be piped without the other.
enum Output {
  /// Whether results are read by a person who wants colours (no-color.org).
  static var isColoured: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
      && environment["TERM"] != "dumb"
  }

  /// Writes a result; a line break is added when it has none at its end.
  static func result(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
  }

  /// Writes a result as JSON for programs, spread over lines for people.
  static func result(json value: some Encodable) throws {
    let encoder = controlEncoder()
    encoder.outputFormatting.insert(.prettyPrinted)
    result(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Writes one of many results as JSON on a line of its own.
  static func result(jsonLine value: some Encodable) throws {
    result(String(decoding: try controlEncoder().encode(value), as: UTF8.self))
  }

  static func message(_ text: String) {
    write(text + "\n", to: STDERR_FILENO)
  }

  static func warning(_ text: String) {
    message("warning: \(text)")
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // Whoever read us is gone (`evenkeel events | head`): there is nobody left to complain to.
      guard count > 0 else { exit(1) }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// Why a command could not do what it was asked, in words for the person who asked.
struct CommandFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
