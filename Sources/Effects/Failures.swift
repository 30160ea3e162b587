/// What has to happen before trying again can help. Every error of an edge says which.
package enum Remedy: String, Codable, Sendable {
  /// Only another commit, or a person, can help.
  case commit
  /// The world has to change by itself first: a server that is down, a disk that is full.
  case wait
  /// Trying again at once is worthwhile.
  case retry
}

/// An error of an edge: what happened, in words a person can act on, and what would help.
package protocol EdgeError: Error, Sendable, CustomStringConvertible {
  var message: String { get }
  var remedy: Remedy { get }
}

extension EdgeError {
  package var description: String { message }
}

/// The configuration repository could not be read or written.
package struct SourceError: EdgeError, Hashable {
  package enum Kind: String, Sendable {
    /// The remote does not answer, or broke off.
    case unreachable
    /// The operation did not end within its deadline.
    case timedOut
    /// The remote has no commit at all.
    case empty
    /// The branch or the path does not exist.
    case notFound
    /// The remote asks for credentials or refuses ours.
    case denied
    /// The local mirror is unusable.
    case mirror
    /// A bound was exceeded: a file, a tree or a history that is too large.
    case tooLarge
    /// What it takes to make or to check signatures is missing or cannot be used: a key, a program.
    case trust
    /// The tip of the branch is not taken in before a person has looked: its history was rewritten, or somebody unknown
    /// has written it.
    case held
  }
  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var remedy: Remedy {
    switch kind {
    case .unreachable, .timedOut, .denied, .empty, .trust: .wait
    case .notFound, .tooLarge, .held: .commit
    case .mirror: .retry
    }
  }
}

/// An artifact could not be fetched, or is not what its manifest says.
package struct ArtifactError: EdgeError, Hashable, Codable {
  package enum Kind: String, Codable, Sendable {
    /// The server does not answer, or answers 5xx: an outage, not a bad model.
    case unavailable
    /// The server says that there is no such artifact (4xx), or the file does not exist.
    case notFound
    /// The download broke off, again and again.
    case truncated
    case digestMismatch
    /// The archive is unsafe (`..`, absolute path, link, device), damaged or too large.
    case invalid
    /// Our own disk: full or not writable.
    case storage
  }
  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// An outage is waited out. Everything else is the fault of what the manifest asks for.
  package var remedy: Remedy {
    switch kind {
    case .unavailable, .storage: .wait
    case .notFound, .truncated, .digestMismatch, .invalid: .commit
    }
  }
}

/// An instance could not be started.
package struct InstanceError: EdgeError, Hashable, Codable {
  package enum Kind: String, Codable, Sendable {
    /// The program does not exist or may not be run.
    case command
    /// Somebody else listens on the port.
    case portTaken
    /// The host has no processes, memory or disk left.
    case host
  }
  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var remedy: Remedy {
    switch kind {
    case .command: .commit
    case .portTaken: .retry
    case .host: .wait
    }
  }
}

/// The gateway does not run, or refused a configuration. What it accepted last keeps serving.
package struct GatewayError: EdgeError, Hashable, Codable {
  package enum Kind: String, Codable, Sendable {
    /// The program is missing or cannot be started.
    case missing
    /// Its listening port is taken by somebody else.
    case portTaken
    /// It does not answer on its admin interface.
    case unreachable
    /// It rejected what we wrote; the message has its own words.
    case rejected
    /// It did not accept within the deadline.
    case timedOut
  }
  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var remedy: Remedy {
    switch kind {
    case .missing, .portTaken, .unreachable: .wait
    case .rejected: .commit
    case .timedOut: .retry
    }
  }
}

/// The journal could not be read or written; without it nothing may be done.
package struct JournalError: EdgeError, Hashable {
  package enum Kind: String, Sendable {
    /// Another agent holds the state directory.
    case locked
    /// Written by a newer version of the agent.
    case newer
    /// Damaged, or the disk is full or not writable.
    case storage
  }
  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var remedy: Remedy {
    switch kind {
    case .locked, .storage: .wait
    case .newer: .commit
    }
  }
}
