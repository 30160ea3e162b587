import Effects
import Manifests
import Vocabulary

/// The simulated artifact store of the host, and the registry behind it.
struct Shelf {
  fileprivate enum Standing {
    case fetching(until: Timestamp)
    case verifying(until: Timestamp)
    case stored
    case failed(ArtifactError)
    /// Waits for the registry to answer again.
    case unreachable
  }

  fileprivate struct Item {
    var standing: Standing
    let bytes: Nature.Bytes
    let delay: Duration

    var nextChange: Timestamp? {
      switch standing {
      case .fetching(let end), .verifying(let end): end
      case .stored, .failed, .unreachable: nil
      }
    }
  }

  private var items: [Digest: Item] = [:]
  private(set) var isRegistryDown = false
  /// When something that has been asked for changes next.
  private(set) var nextChange: Timestamp?

  func isStored(_ digest: Digest) -> Bool {
    if case .stored = items[digest]?.standing { true } else { false }
  }

  /// - Parameter delay: how long this artifact takes to come, and again to be verified.
  mutating func request(_ digest: Digest, _ bytes: Nature.Bytes, at now: Timestamp, delay: Duration)
    -> ArtifactStatus
  {
    if items[digest] == nil {
      items[digest] = Item(
        standing: isRegistryDown ? .unreachable : .fetching(until: now + delay), bytes: bytes, delay: delay)
      findNextChange()
    }
    return status(of: digest)
  }

  private func status(of digest: Digest) -> ArtifactStatus {
    switch items[digest]?.standing {
    case .fetching, nil: .fetching(bytes: 0, total: nil)
    case .verifying: .verifying
    case .stored: .stored(folder: "/store/artifact")
    case .failed(let error): .failed(error)
    case .unreachable: .failed(ArtifactError(.unavailable, "the registry does not answer"))
    }
  }

  /// A final failure is forgotten, so that the next request tries again.
  mutating func forgetFailure(of digest: Digest) {
    if case .failed = items[digest]?.standing { items[digest] = nil }
  }

  /// Another life of the agent: what was under way begins anew, and failures are forgotten.
  mutating func restart() {
    items = items.filter { if case .stored = $0.value.standing { true } else { false } }
    nextChange = nil
  }

  /// The registry stops to answer, or answers again.
  mutating func setRegistry(down: Bool, at now: Timestamp) {
    isRegistryDown = down
    for (digest, item) in items {
      switch item.standing {
      case .fetching where down: items[digest]?.standing = .unreachable
      case .unreachable where !down: items[digest]?.standing = .fetching(until: now + item.delay)
      case .fetching, .verifying, .stored, .failed, .unreachable: break
      }
    }
    findNextChange()
  }

  /// Lets arrive what is due; answers whether anything did.
  mutating func advance(to now: Timestamp) -> Bool {
    guard let nextChange, nextChange <= now else { return false }
    for (digest, item) in items {
      guard let due = item.nextChange, due <= now else { continue }
      items[digest]?.standing = item.next(at: due)
    }
    findNextChange()
    return true
  }

  private mutating func findNextChange() {
    nextChange = items.values.compactMap(\.nextChange).min()
  }
}

extension Shelf.Item {
  /// What becomes of it when its time is over.
  fileprivate func next(at now: Timestamp) -> Shelf.Standing {
    switch (standing, bytes) {
    case (.fetching, .missing): .failed(ArtifactError(.notFound, "the registry has no such artifact"))
    case (.fetching, _): .verifying(until: now + delay)
    case (.verifying, .corrupt): .failed(ArtifactError(.digestMismatch, "it has another digest"))
    case (.verifying, .unsafe):
      .failed(ArtifactError(.invalid, "the archive has a path that leads out of it"))
    case (.verifying, _): .stored
    case (.stored, _), (.failed, _), (.unreachable, _): standing
    }
  }
}
