import Manifests

func file(_ text: String, at path: String = "a.yaml") -> ManifestFile {
  ManifestFile(path: path, bytes: Array(text.utf8))
}

/// `LINE:COLUMN: MESSAGE`, and the suggestion in parentheses.
func summary(_ diagnostic: Diagnostic) -> String {
  "\(diagnostic.line):\(diagnostic.column): \(diagnostic.message)"
    + (diagnostic.suggestion.map { " (\($0))" } ?? "")
}

/// What is wrong with one file by itself.
func complaints(_ text: String) -> [String] { parse(file(text)).diagnostics.map(summary) }

/// The state that files ask for.
func state(_ files: [String: String]) -> DesiredState {
  resolve(files.map { parse(file($0.value, at: $0.key)) })
}

/// A resource of a kind whose spec starts at line 5.
func resource(_ kind: String, _ name: String = "x", _ spec: String) -> String {
  "apiVersion: evenkeel.dev/v1\nkind: \(kind)\nmetadata: {name: \(name)}\nspec:\n\(spec)\n"
}

let zeros = "sha256:" + String(repeating: "0", count: 64)

/// A model without errors, with more lines of its spec, each indented by two spaces.
func model(_ name: String, runtime: String = "server", rollout: String = "careful", _ more: String...)
  -> String
{
  resource(
    "Model", name,
    "  artifact: {uri: file:///m, version: v1, digest: \(zeros)}\n  runtime: \(runtime)\n  rollout: \(rollout)"
      + more.map { "\n  \($0)" }.joined())
}

/// What all these models refer to.
let shared = [
  resource("ServingRuntime", "server", "  command: [serve]\n  ready: {path: /ready}"),
  resource("RolloutPolicy", "careful", "  strategy: {canary: {steps: [{weight: 50}]}}\n  checks: [errors]"),
  resource("Check", "errors", "  errorRate: {max: 1%}"),
].joined(separator: "---\n")

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
