import Foundation
import TestSupport
import Testing

/// The example repository, with real classifiers served by MLServer.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct MLServerTests {
  @Test func `a classifier that fails on some images is caught and reverted`() async throws {
    try await withSite { site in
      let images = try await site.train()
      try await site.describeExample()
      try await site.start()
      let good = try await site.deployDigits("1")
      try await site.waitUntilStable("digits", "1", within: .seconds(90))
      let answer = try await site.infer("digits", images[0])
      #expect(answer.status == 200 && answer.body.contains("\"model_version\":\"1\""), "\(answer)")
      try await site.underLoad(on: "digits", sending: { images[$0 % images.count] }) { tally in
        let bad = try await site.deployDigits("3")
        let (rollout, _) = try await site.waitUntilReverted("digits", "3", within: .seconds(120))
        try await site.waitUntilStable("digits", "1")
        #expect(rollout.commit == bad && rollout.failure?.reason == "CheckFailed")
        #expect(tally.errors(of: rollout.revision) > 0)
        #expect(tally.failed(besides: rollout.revision) == [:])
        measured("MLServer", tally)
      }
      #expect(
        try await site.remote.bare("rev-parse", "main^{tree}")
          == site.remote.bare("rev-parse", good + "^{tree}"))
    }
  }
}

extension Site {
  /// Trains the versions of the demo; answers requests with images that none of them has seen.
  fileprivate func train() async throws -> [String] {
    let script = projectFolder + "/manifests/demo/train.py"
    let trained = try await run(
      projectFolder + "/.venv/bin/python", [script, artifacts], environment: environment)
    try #require(trained.status == 0, "\(trained.errors)")
    struct Requests: Decodable { var images: [[Double]] }
    let file = try String(contentsOfFile: artifacts + "/requests.json", encoding: .utf8)
    let requests: Requests = try decode(file)
    return requests.images.map { image in
      let data = image.map(\.description).joined(separator: ",")
      return #"{"inputs":[{"name":"image","shape":[1,64],"datatype":"FP64","data":[\#(data)]}]}"#
    }
  }

  fileprivate func describeExample() async throws {
    let example = projectFolder + "/manifests/example/platform"
    var files: [String: String?] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: example) {
      files["platform/\(name)"] = try String(contentsOfFile: "\(example)/\(name)", encoding: .utf8)
    }
    try await commit(files, "Describe how models are served and rolled out")
  }

  /// Deploys a version with the example's manifest.
  fileprivate func deployDigits(_ version: String) async throws -> String {
    let archive = "\(artifacts)/digits-\(version).tar.gz"
    let values = [
      "uri": "file://\(archive)", "version": "\"\(version)\"", "digest": try await digest(of: archive),
      "rollout": "quick-canary", "replicas": "1",
    ]
    let example = projectFolder + "/manifests/example/models/digits.yaml"
    let lines = try String(contentsOfFile: example, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let changed = lines.map { line in
      let key = line.drop { $0 == " " }.prefix { $0 != ":" }
      return values[String(key)].map { "\(line.prefix { $0 == " " })\(key): \($0)" } ?? String(line)
    }
    return try await commit(
      ["models/digits.yaml": changed.joined(separator: "\n")], "Deploy digits \(version)")
  }
}
