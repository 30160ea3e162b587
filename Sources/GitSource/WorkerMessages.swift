import Manifests

/// What the agent asks its network worker to do: one JSON document on standard input.
struct WorkerRequest: Codable {
  enum Operation: Codable {
    /// Bring `branch` of the mirror up to date, and its packs together when there are more than `maximumPacks`.
    case fetch(maximumPackBytes: Int, maximumPacks: Int)
    /// Move the remote's `branch` from commit `replacing` to `commit`, which is in the mirror.
    case push(commit: String, replacing: String)
  }
  /// The folder of the bare mirror.
  var mirror: String
  var url: String
  var branch: String
  /// Files that the worker reads itself: nothing secret goes through here.
  var access = Access()
  /// After so many seconds the worker ends itself, should nobody be left to end it.
  var lifetime: Int
  var operation: Operation

  /// How the remote is to be sure of us, and we of it.
  struct Access: Codable {
    var credentials: AgentSettings.Credentials?
    /// The certificates of the authorities that may vouch for the server; the host's own when `nil`.
    var authorities: String?
  }
}

/// What came of it: one JSON document on standard output.
enum WorkerResponse: Codable {
  case fetched(Fetched)
  case pushed(Pushed)
  case failed(Failed)

  struct Fetched: Codable, Hashable {
    /// The remote branch's tip, now in the mirror.
    var tip: String
    /// The mirror's tip before.
    var previous: String?
    /// Whether `tip` does not descend from `previous`.
    var rewritten: Bool
    /// Bytes of pack received; 0 when there was nothing to transfer.
    var receivedBytes: Int
    /// Whether the mirror's packs were replaced, so that it has to be opened again.
    var repacked = false
  }

  enum Pushed: Codable {
    case accepted
    case raced
    case refused(String)
  }

  struct Failed: Codable {
    /// A `SourceError.Kind`.
    var kind: String
    var message: String
    /// The mirror itself is broken: only a new one helps.
    var mirrorIsDamaged: Bool
  }
}
