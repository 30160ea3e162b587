import ArgumentParser
import Artifacts
import Vocabulary

struct DigestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "Print the digest that a manifest's `artifact.digest` wants.",
    discussion: """
      Of a file it is the SHA-256 of its bytes, of a folder a SHA-256 over the list of its files \
      (docs/reference/digest.md). The digest comes first on the line.
      """)

  @Argument(help: "A file, a folder, or a URI as in a manifest (file:, http:, https:).")
  var artifact: String

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let digest = try await digestOfArtifact()
    switch output.format {
    case .json: try Output.result(json: DigestReport(artifact: artifact, digest: digest))
    case .text: Output.result("\(digest)  \(artifact)")
    }
  }

  private func digestOfArtifact() async throws -> Digest {
    let supported = ["file", "http", "https"]
    guard let scheme else { return try digest(ofPath: artifact) }
    if supported.contains(scheme) { return try await digest(ofURI: artifact) }
    // A colon may stand in the name of a file too.
    guard isFolder(artifact) == nil else { return try digest(ofPath: artifact) }
    throw CommandFailure("only file:, http: and https: URIs are supported, not \(scheme):")
  }

  /// What stands before the colon of a URI (RFC 3986, section 3.1); `nil` when the artifact cannot be one.
  private var scheme: String? {
    guard let colon = artifact.firstIndex(of: ":"), artifact.first?.isLetter == true else { return nil }
    let scheme = artifact[..<colon]
    return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
      ? String(scheme) : nil
  }
}

/// The JSON of `evenkeel digest -o json`.
private struct DigestReport: Encodable {
  /// As it was given.
  var artifact: String
  var digest: Digest
}
