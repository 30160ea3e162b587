import CLibgit2
import Effects

extension WorkerSession {
  /// Asks the remote for its branches and, when the tip is not in the mirror yet, transfers what is missing. The branch
  /// of the mirror moves once all of it has been looked at.
  func fetch() throws(WorkerFailure) -> WorkerResponse.Fetched {
    let previous = try locally { () throws(GitFailure) in try mirror.completeTip(of: branchReference) }
    try connect()
    let tip = try branchTip()
    guard tip != previous else {
      return .init(
        tip: tip.hex, previous: tip.hex, rewritten: false, receivedBytes: 0,
        packs: packNames(of: folder).count)
    }
    var received = 0
    if mirror.contains(tip) {
      try requireSoundLeftover(tip, beyond: previous)
    } else {
      received = try download(tip, beyond: previous)
    }
    return try locally { () throws(GitFailure) in
      try mirror.set(branchReference, to: tip)
      let rewritten = try previous.map { old throws(GitFailure) in try !mirror.descends(tip, from: old) }
      return .init(
        tip: tip.hex, previous: previous?.hex, rewritten: rewritten ?? false, receivedBytes: received,
        packs: packNames(of: folder).count)
    }
  }

  /// Opens a fresh connection and asks for the remote's references.
  func connect() throws(WorkerFailure) {
    try remotely { () throws(GitFailure) in
      let pointer = remote.pointer
      git_remote_disconnect(pointer)
      access.beginConnection()
      meter.expectList()
      var options = git_remote_connect_options()
      try git("prepare the connection") {
        git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
      }
      let conversation = Conversation(access)
      conversation.equip(&options.callbacks)
      options.follow_redirects = access.redirects
      _ = try withExtendedLifetime(conversation) { () throws(GitFailure) in
        try git("connect") { git_remote_connect_ext(pointer, GIT_DIRECTION_FETCH, &options) }
      }
    }
  }

  /// What the connected remote says the branch's tip is.
  private func branchTip() throws(WorkerFailure) -> ObjectID {
    let heads = try advertisedReferences()
    if let tip = heads[branchReference] { return tip }
    let prefix = "refs/heads/"
    let branches = heads.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }.sorted()
    guard !branches.isEmpty else {
      throw WorkerFailure(.empty, "\(redacted(url)) has no commit yet; push the branch \(branch)")
    }
    let shown = branches.prefix(10).map { oneLine(String($0), limit: 100) }.joined(separator: ", ")
    let rest = branches.count > 10 ? " and \(branches.count - 10) more" : ""
    throw WorkerFailure(.notFound, "\(redacted(url)) has no branch \(branch); it has \(shown)\(rest)")
  }

  func advertisedReferences() throws(WorkerFailure) -> [String: ObjectID] {
    try remotely { () throws(GitFailure) in
      var list: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
      var count = 0
      let pointer = remote.pointer
      try git("list the branches") { git_remote_ls(&list, &count, pointer) }
      var heads: [String: ObjectID] = [:]
      for head in UnsafeBufferPointer(start: list, count: count) {
        guard let head, let name = head.pointee.name else { continue }
        heads[String(cString: name)] = ObjectID(head.pointee.oid)
      }
      return heads
    }
  }

  /// Nothing points at what was downloaded yet: packs that hold what nobody takes are removed again.
  ///
  /// - Returns: The bytes received.
  private func download(_ tip: ObjectID, beyond known: ObjectID?) throws(WorkerFailure) -> Int {
    let before = packNames(of: folder)
    meter.expectPack(of: branch, atMost: bounds.packBytes)
    let transfer = Transfer(meter, access)
    try remotely { () throws(GitFailure) in try download(under: transfer) }
    let new = packNames(of: folder).subtracting(before)
    do throws(WorkerFailure) {
      for name in new.sorted() { try inspect(pack: name) }
      try requireSound(tip, beyond: known)
    } catch {
      for name in new { removePack(name, of: folder) }
      throw error
    }
    let pointer = remote.pointer
    try remotely { () throws(GitFailure) in
      _ = try git("record the tags") {
        git_remote_update_tips(pointer, nil, 0, GIT_REMOTE_DOWNLOAD_TAGS_AUTO, nil)
      }
    }
    return meter.received
  }

  private func download(under transfer: Transfer) throws(GitFailure) {
    var options = git_fetch_options()
    try git("prepare the transfer") {
      git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
    }
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_AUTO
    options.update_fetchhead = 0
    transfer.equip(&options.callbacks)
    options.callbacks.transfer_progress = seeProgress
    options.follow_redirects = access.redirects
    // The plus: a rewritten branch is followed.
    let specification = "+\(branchReference):\(branchReference)"
    let pointer = remote.pointer
    try withExtendedLifetime(transfer) { () throws(GitFailure) in
      _ = try withStringArray(specification) { (array) throws(GitFailure) in
        try git("transfer the commits") { git_remote_download(pointer, array, &options) }
      }
    }
  }
}

/// What libgit2 tells while it transfers: bytes, and for a repository on this host nobody else counts them.
private final class Transfer: Conversation {
  let meter: Meter

  init(_ meter: Meter, _ access: RemoteAccess) {
    self.meter = meter
    super.init(access)
  }
}

private let seeProgress: git_indexer_progress_cb = { progress, payload in
  guard let progress, let payload else { return 0 }
  let meter = Unmanaged<Transfer>.fromOpaque(payload).takeUnretainedValue().meter
  meter.worked()
  return meter.see(total: progress.pointee.received_bytes) ? 0 : GIT_EUSER.rawValue
}

/// Lends libgit2 an array of one string for the time of a call.
func withStringArray<Result>(
  _ text: String, _ body: (UnsafePointer<git_strarray>) throws(GitFailure) -> Result
) throws(GitFailure) -> Result {
  var bytes = text.utf8CString
  return try bytes.withUnsafeMutableBufferPointer { (characters) throws(GitFailure) in
    var string = characters.baseAddress
    return try withUnsafeMutablePointer(to: &string) { (strings) throws(GitFailure) in
      var array = git_strarray(strings: strings, count: 1)
      return try body(&array)
    }
  }
}
