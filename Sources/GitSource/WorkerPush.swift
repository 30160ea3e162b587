import CLibgit2
import Effects
import Vocabulary

extension WorkerSession {
  /// Where the commit to push is named while it is pushed: libgit2 pushes references only.
  private var outgoingReference: String { "refs/evenkeel/outgoing" }

  /// Moves the remote branch from `tip` to `commit`, or not at all. `nil` stands for no branch.
  func push(_ commit: String?, replacing tip: String?, mayRewrite: Bool) throws(WorkerFailure)
    -> WorkerResponse.Pushed
  {
    let (commit, tip) = (try identifier(commit), try identifier(tip))
    if let commit {
      try locally { () throws(GitFailure) in try mirror.set(outgoingReference, to: commit) }
    }
    defer { if commit != nil { try? mirror.remove(outgoingReference) } }
    let lease = PushLease(expected: tip, commit: commit, access)
    // A branch of a repository on this host is only looked up to be deleted.
    if commit != nil || localPath == nil {
      do {
        let source = commit == nil ? "" : outgoingReference
        let force = mayRewrite || localPath != nil ? "+" : ""
        try upload("\(commit == nil ? "" : force)\(source):\(destination)", under: lease)
      } catch {
        guard let outcome = lease.decision else { throw remoteFailure(error) }
        // Whoever lost wants to know against what, and soon. If that cannot be had, the next fetch says why.
        if case .raced = outcome { _ = try? fetch() }
        return outcome
      }
    }
    if let localPath { return try moveBranch(in: localPath, to: commit, replacing: tip) }
    guard let refusal = lease.refusal else { return .accepted }
    return try explain(refusal, of: commit, replacing: tip)
  }

  private func identifier(_ commit: String?) throws(WorkerFailure) -> ObjectID? {
    guard let commit else { return nil }
    guard let id = ObjectID(hex: commit) else {
      throw WorkerFailure(.mirror, "cannot push: not a commit id")
    }
    return id
  }

  /// libgit2's local transport overwrites a branch whatever it points at by then. So it only carries the objects, and
  /// the branch is moved by ``moveBranch(in:to:replacing:)``.
  private var destination: String { localPath != nil ? "refs/evenkeel/incoming" : branchReference }

  private func upload(_ specification: String, under lease: PushLease) throws(GitFailure) {
    var options = git_push_options()
    try git("prepare the push") { git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION)) }
    lease.equip(&options.callbacks)
    options.callbacks.push_negotiation = localPath == nil ? checkLease : nil
    options.callbacks.push_update_reference = recordStatus
    options.callbacks.sideband_progress = recordServerWords
    options.follow_redirects = access.redirects
    let pointer = remote.pointer
    access.beginConnection()
    meter.expectAnswer()
    _ = try withExtendedLifetime(lease) { () throws(GitFailure) in
      try withStringArray(specification) { (array) throws(GitFailure) in
        try git("push") { git_remote_upload(pointer, array, &options) }
      }
    }
  }

  /// Compares and moves the branch of a repository on this host under its reference lock, as Git itself does.
  /// Hooks of that repository do not run.
  private func moveBranch(in path: String, to commit: ObjectID?, replacing tip: ObjectID?)
    throws(WorkerFailure) -> WorkerResponse.Pushed
  {
    try remotely { () throws(GitFailure) in
      let target = try Mirror(opening: path)
      defer { if commit != nil { try? target.remove(destination) } }
      if try target.target(of: branchReference) == commit { return .accepted }
      do throws(GitFailure) {
        try target.move(branchReference, to: commit, from: tip)
        return .accepted
      } catch
        where error.code == GIT_EMODIFIED.rawValue || error.code == GIT_EEXISTS.rawValue
        || error.isNotFound
      {
        return .raced
      }
    }
  }

  /// The server said no. Whether somebody was faster is not read from its words, which differ between servers, but
  /// from where the branch is now.
  private func explain(_ refusal: PushRefusal, of commit: ObjectID?, replacing tip: ObjectID?)
    throws(WorkerFailure) -> WorkerResponse.Pushed
  {
    try connect()
    let now = try advertisedReferences()[branchReference]
    if now == commit { return .accepted }
    return now == tip ? .refused(refusal) : .raced
  }
}

extension Mirror {
  /// Points a reference elsewhere, provided that it points at `old`; `nil` stands for no reference.
  fileprivate func move(_ name: String, to new: ObjectID?, from old: ObjectID?) throws(GitFailure) {
    switch (new?.oid, old?.oid) {
    case (var new?, var old?):
      _ = try GitHandle<ReferenceKind>("move the branch") {
        git_reference_create_matching($0, repository.pointer, name, &new, 1, &old, nil)
      }
    case (var new?, nil):
      _ = try GitHandle<ReferenceKind>("create the branch") {
        git_reference_create($0, repository.pointer, name, &new, 0, nil)
      }
    case (nil, _):
      let reference = try GitHandle<ReferenceKind>("find the branch") {
        git_reference_lookup($0, repository.pointer, name)
      }
      guard let target = git_reference_target(reference.pointer), ObjectID(target.pointee) == old else {
        throw GitFailure(
          operation: "delete the branch", code: GIT_EMODIFIED.rawValue, category: 0, message: "it has moved")
      }
      // It is compared once more, under the lock of the reference, with what was looked up.
      try git("delete the branch") { git_reference_delete(reference.pointer) }
    }
  }
}

/// The promise that the branch is where we think it is, and what became of it.
private final class PushLease: Conversation {
  /// `nil` where there must be no branch.
  let expected: ObjectID?
  /// `nil` to delete it.
  let commit: ObjectID?
  /// Set when nothing needed to be sent, or nothing was allowed to be.
  private(set) var decision: WorkerResponse.Pushed?
  private var status: String?
  private var serverWords = ""

  init(expected: ObjectID?, commit: ObjectID?, _ access: RemoteAccess) {
    self.expected = expected
    self.commit = commit
    super.init(access)
  }

  /// Why the server refused; `nil` when it did not.
  var refusal: PushRefusal? { status.map { PushRefusal(status: $0, output: serverWords) } }

  func negotiate(remoteTip: ObjectID?) -> Int32 {
    if remoteTip == expected { return 0 }
    decision = remoteTip == commit ? .accepted : .raced
    return GIT_EUSER.rawValue
  }

  func record(status: String) { self.status = status }

  func record(serverWords words: String) {
    // What a hook writes is unbounded; what we keep of it is not.
    if serverWords.utf8.count < 16 << 10 { serverWords += words }
  }

  static func from(_ payload: UnsafeMutableRawPointer?) -> PushLease? {
    payload.map { Unmanaged<PushLease>.fromOpaque($0).takeUnretainedValue() }
  }
}

private let checkLease: git_push_negotiation = { updates, count, payload in
  guard let lease = PushLease.from(payload), count == 1, let update = updates?.pointee else {
    return GIT_EUSER.rawValue
  }
  // For a push, `src` is what the remote's reference points at now.
  let tip = ObjectID(update.pointee.src)
  return lease.negotiate(remoteTip: tip == ObjectID(git_oid()) ? nil : tip)
}

private let recordStatus: git_push_update_reference_cb = { _, status, payload in
  if let status { PushLease.from(payload)?.record(status: String(cString: status)) }
  return 0
}

private let recordServerWords: git_transport_message_cb = { text, length, payload in
  guard let text, length > 0 else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: text, count: Int(length))
  PushLease.from(payload)?.record(serverWords: String(decoding: bytes, as: UTF8.self))
  return 0
}
