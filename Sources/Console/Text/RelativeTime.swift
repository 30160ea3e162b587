package import Vocabulary

extension Timestamp {
  /// How long ago it was, in one unit: `12s ago`, `5m ago`, `3h ago`, `2d ago`. What lies ahead, because two
  /// clocks differ, is `just now`.
  package func ago(at now: Timestamp) -> String {
    let seconds = (now - self).milliseconds / 1000
    switch seconds {
    case ..<1: return "just now"
    case ..<120: return "\(seconds)s ago"
    case ..<7200: return "\(seconds / 60)m ago"
    case ..<172_800: return "\(seconds / 3600)h ago"
    default: return "\(seconds / 86_400)d ago"
    }
  }
}
