import Crypto
package import Manifests
package import Vocabulary

/// The revision of a workload: the SHA-256 over its canonical encoding.
///
/// The encoding, version 1, so that others can compute it too. An *integer* is 8 bytes, most significant first. A
/// *text* is its length in bytes as an integer, then its UTF-8 bytes, exactly as written (no Unicode normalisation).
/// A *list* is its count, then its texts. A *map* is its count, then key and value of each pair as texts, ordered
/// by the bytes of the key. A *duration* is its whole seconds, then the attoseconds of the rest, as integers.
/// In this order:
///
/// 1. the text `evenkeel revision 1`
/// 2. the artifact: texts `uri`, `version`, `digest` (`sha256:…`); `format` as a list of no or one text
/// 3. the runtime: text `name`, list `command`, map `env`, texts `protocol` and `ready.path`, duration
///    `terminationGrace`; all with `$(NAME)` unexpanded
/// 4. the model's own environment: map `env`
/// 5. only if the model says what it needs: the text `resources`, then thousandths of a core and bytes of memory as
///    integers, 0 for the one that it does not say
package func revision(of workload: Workload) -> Revision {
  var encoding = CanonicalEncoding()
  encoding.append("evenkeel revision 1")
  encoding.append(workload.artifact)
  encoding.append(workload.runtime)
  encoding.append(workload.environment)
  if let resources = workload.resources { encoding.append(resources) }
  var hash = SHA256()
  hash.update(data: encoding.bytes)
  // 64 lower-case digits are what a digest is made of, so reading them back cannot fail.
  guard let revision = Revision(bytes: Array(hash.finalize())) else {
    preconditionFailure("a SHA-256 has 32 bytes")
  }
  return revision
}

/// Bytes that two workloads share only if they are the same: every field says how long it is.
private struct CanonicalEncoding {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(1024) }

  mutating func append(_ artifact: Artifact) {
    append(artifact.uri)
    append(artifact.version)
    append(artifact.digest.description)
    append(artifact.format.map { [$0] } ?? [])
  }

  mutating func append(_ runtime: Runtime) {
    append(runtime.name)
    append(runtime.command)
    append(runtime.environment)
    append(runtime.servingProtocol)
    append(runtime.readyPath)
    append(integer: runtime.terminationGrace.components.seconds)
    append(integer: runtime.terminationGrace.components.attoseconds)
  }

  /// Named, so that whatever else may follow one day cannot be taken for it.
  mutating func append(_ resources: Resources) {
    append("resources")
    append(integer: Int64(resources.milliCPU))
    append(integer: Int64(resources.memory))
  }

  mutating func append(_ texts: [String]) {
    append(integer: Int64(texts.count))
    for text in texts { append(text) }
  }

  mutating func append(_ map: [String: String]) {
    append(integer: Int64(map.count))
    // The order of `String` follows Unicode equivalence; the encoding needs one that anybody can reproduce.
    for (key, value) in map.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      append(key)
      append(value)
    }
  }

  mutating func append(_ text: String) {
    append(integer: Int64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append(integer: Int64) {
    withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
