import Manifests
import Vocabulary

/// What the agent asks its network worker to do: one JSON document on standard input.
struct WorkerRequest: Codable {
  enum Operation: Codable {
    /// Bring `branch` of the mirror up to date.
    case fetch
    /// Move the remote's `branch` from commit `replacing` to `commit`, which is in the mirror. `replacing` is `nil` where
    /// there must be no such branch yet, `commit` to delete it. Unless it `mayRewrite`, it has to be a descendant.
    case push(commit: String?, replacing: String?, mayRewrite: Bool)
    /// Read what of the mirror may be damaged without anybody noticing. Needs no network.
    case check
    /// Bring the mirror's packs together when there are more than `maximumPacks`. Needs no network.
    case maintain(maximumPacks: Int)
    /// Carry our own references over from the mirror that was moved aside to `from`. Needs no network.
    case salvage(from: String)
  }
  /// The folder of the bare mirror.
  var mirror: String
  var url: String
  var branch: String
  /// Files that the worker reads itself: nothing secret goes through here.
  var access = Access()
  var patience: Patience
  var bounds = TransferBounds()
  var operation: Operation

  /// How the remote is to be sure of us, and we of it.
  struct Access: Codable {
    var credentials: AgentSettings.Credentials?
    /// The certificates of the authorities that may vouch for the server; the host's own when `nil`.
    var authorities: String?
  }

  /// In seconds. The agent ends a worker that does not keep to this; should no agent be left, the worker ends itself.
  struct Patience: Codable {
    /// How long it may go on without getting any further. A transfer gets further; nothing else does.
    var stall: Int
    /// How long it may take in all.
    var whole: Int
  }
}

/// How much of what a remote sends is taken.
package struct TransferBounds: Codable, Sendable {
  /// The list of branches and tags; after a push, what the server says to it.
  package var listBytes = 64 << 20
  /// The commits of one fetch, as they are sent.
  package var packBytes = 1 << 30
  /// One object, unpacked.
  package var objectBytes = 100 << 20

  package init() {}
}

/// What came of it: one JSON document on standard output.
enum WorkerResponse: Codable {
  case fetched(Fetched)
  case pushed(Pushed)
  /// The mirror can be read.
  case checked
  case maintained(Maintained)
  case salvaged(Salvaged)
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
    /// How many packs the mirror has now.
    var packs: Int
  }

  enum Pushed: Codable {
    case accepted
    case raced
    case refused(PushRefusal)
  }

  struct Maintained: Codable {
    /// Whether the mirror's packs were replaced, so that it has to be opened again.
    var repacked: Bool
  }

  struct Salvaged: Codable {
    /// The references that are now in the new mirror.
    var saved: [String]
    /// Why the others are not.
    var lost: [String]
  }

  struct Failed: Codable {
    /// A `SourceError.Kind`.
    var kind: String
    var message: String
    /// The mirror itself is broken: only a new one helps.
    var mirrorIsDamaged: Bool
  }
}
