import Foundation
import SystemPackage

/// The person who deploys models: changes a manifest, commits and pushes, with the git command line.
struct Engineer: Sendable {
  let workplace: Workplace

  init(at workplace: Workplace) { self.workplace = workplace }

  /// Makes the remote, and in it the example's runtimes and rollout policies, without any model.
  func startRepository() async throws {
    try await git(["init", "--quiet", "--bare", "--initial-branch=main", workplace.remote.string])
    try await git(["clone", "--quiet", workplace.remote.string, workplace.checkout.string])
    let production = workplace.checkout.appending("production")
    let files = FileManager.default
    try files.createDirectory(atPath: production.string, withIntermediateDirectories: true)
    try files.copyItem(
      atPath: example.appending("platform").string, toPath: production.appending("platform").string)
    try files.createDirectory(
      atPath: production.appending("models").string, withIntermediateDirectories: true)
    try await commit("Describe how models are served and rolled out")
  }

  /// Deploys a version of the model by changing its manifest, and returns the commit.
  func deploy(version: String) async throws -> String {
    let archive = workplace.models.appending("digits-\(version).tar.gz")
    let printed = try await output(
      of: workplace.evenkeel, ["digest", archive.string], environment: workplace.environment)
    guard let digest = printed.split(whereSeparator: \.isWhitespace).first else {
      throw StoryError("evenkeel digest printed nothing")
    }
    let manifest = try String(
      contentsOfFile: example.appending("models/digits.yaml").string, encoding: .utf8)
    let changed = try replacing(
      [
        "uri": "file://\(archive)", "version": "\"\(version)\"", "digest": String(digest),
        "rollout": "quick-canary",
      ], in: manifest)
    try changed.write(
      toFile: workplace.checkout.appending("production/models/digits.yaml").string, atomically: true,
      encoding: .utf8)
    return try await commit("Deploy digits \(version)")
  }

  /// Asks the remote repository something.
  func askRemote(_ arguments: [String]) async throws -> String {
    try await git(["-C", workplace.remote.string] + arguments)
  }

  private var example: FilePath { workplace.project.appending("manifests/example") }

  @discardableResult
  private func commit(_ message: String) async throws -> String {
    let inCheckout = ["-C", workplace.checkout.string]
    try await git(inCheckout + ["add", "--all"])
    try await git(inCheckout + ["commit", "--quiet", "--message", message])
    try await git(inCheckout + ["push", "--quiet", "origin", "HEAD:main"])
    return try await git(inCheckout + ["rev-parse", "HEAD"]).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @discardableResult
  private func git(_ arguments: [String]) async throws -> String {
    let person = ["-c", "user.name=Erin Engineer", "-c", "user.email=erin@example.com"]
    return try await output(of: workplace.git, person + arguments, environment: workplace.environment)
  }
}

/// Gives fields of a manifest new values, line by line, so that its comments stay.
private func replacing(_ values: [String: String], in manifest: String) throws -> String {
  var missing = Set(values.keys)
  let lines = manifest.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    let indentation = line.prefix { $0 == " " }
    let key = line.dropFirst(indentation.count).prefix { $0 != ":" }
    guard let value = values[String(key)], missing.remove(String(key)) != nil else { return String(line) }
    return "\(indentation)\(key): \(value)"
  }
  guard missing.isEmpty else {
    throw StoryError("the example manifest lacks \(missing.sorted().joined(separator: ", "))")
  }
  return lines.joined(separator: "\n")
}
