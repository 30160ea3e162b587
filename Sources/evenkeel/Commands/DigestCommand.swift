import ArgumentParser
import Artifacts

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

  func run() async throws {
    let isURI = ["file:", "http:", "https:"].contains { artifact.hasPrefix($0) }
    let digest = isURI ? try await digest(ofURI: artifact) : try digest(ofPath: artifact)
    Output.result("\(digest)  \(artifact)")
  }
}
