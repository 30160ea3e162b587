import Effects

/// Counts what comes from the remote in one operation, and says stop when it is too much.
final class Meter {
  private let remote: String
  private let notes: ProgressNotes
  private var subject = Subject.list
  private var limit: Int
  private let listLimit: Int
  /// Since the subject has begun.
  private(set) var received = 0
  /// Whether more came than is taken.
  var isExceeded: Bool { received > limit }

  private enum Subject {
    case list
    case pack(branch: String)
    case answer
  }

  init(_ request: WorkerRequest) {
    remote = redacted(request.url)
    notes = ProgressNotes(request.patience)
    listLimit = request.bounds.listBytes
    limit = listLimit
  }

  /// What comes next is the list of references.
  func expectList() { expect(.list, atMost: listLimit) }

  /// What comes next is the list of references and the server's words to a push.
  func expectAnswer() { expect(.answer, atMost: listLimit) }

  /// What comes next are the commits of a branch.
  func expectPack(of branch: String, atMost bytes: Int) {
    expect(.pack(branch: branch), atMost: bytes)
    notes.begin()
  }

  /// Nothing comes any more, but what has come is worked on.
  func worked() {
    if case .pack = subject { notes.worked() }
  }

  private func expect(_ subject: Subject, atMost bytes: Int) {
    (self.subject, limit, received) = (subject, bytes, 0)
  }

  /// - Parameter bytes: What has just come.
  /// - Returns: Whether more may come.
  func count(_ bytes: Int) -> Bool { see(total: received + bytes) }

  /// - Parameter bytes: All that has come of this subject, as libgit2 counts it.
  /// - Returns: Whether more may come.
  func see(total bytes: Int) -> Bool {
    received = max(received, bytes)
    if case .pack = subject { notes.received(received) }
    return !isExceeded
  }

  /// Why no more is taken; `nil` as long as it is.
  var excess: WorkerFailure? {
    guard isExceeded else { return nil }
    let limit = inMebibytes(limit)
    switch subject {
    case .list:
      return WorkerFailure(
        .tooLarge, "\(remote) lists more than \(limit) of branches and tags, the limit: remove some of them")
    case .pack(let branch):
      return WorkerFailure(
        .tooLarge,
        "\(remote) sends more than \(limit) for branch \(branch), the limit: keep large files out of the repository"
      )
    case .answer:
      return WorkerFailure(.tooLarge, "\(remote) answers a push with more than \(limit), the limit")
    }
  }
}

/// For messages: `64 MiB`, or `12 KiB` when it is less than one.
func inMebibytes(_ bytes: Int) -> String {
  bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
}
