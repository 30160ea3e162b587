package import Manifests
package import Rollout
package import Vocabulary

/// Everything that is remembered of a model.
///
/// A record is large, and every pass hands all of them on many times and changes few. So copies share what is in them
/// until one of them is changed.
package struct ModelRecord: Sendable {
  private var storage: Storage

  package init(
    machine: ModelMachine, live: LiveSettings, workloads: [Revision: Workload], file: String,
    conditions: [Condition] = [], startedInstances: Int = 0
  ) {
    storage = Storage(
      Content(
        machine: machine, live: live, workloads: workloads, file: file, conditions: conditions,
        startedInstances: startedInstances))
  }

  package var machine: ModelMachine {
    _read { yield storage.content.machine }
    _modify {
      unshare()
      yield &storage.content.machine
    }
  }

  /// What Git last said about replicas, route, policy and labels.
  package var live: LiveSettings {
    _read { yield storage.content.live }
    _modify {
      unshare()
      yield &storage.content.live
    }
  }

  /// What the releases that the machine names are made of: Git may have moved on, they still have to run.
  package var workloads: [Revision: Workload] {
    _read { yield storage.content.workloads }
    _modify {
      unshare()
      yield &storage.content.workloads
    }
  }

  /// The file that held the Model document last, relative to the configured path.
  package var file: String {
    _read { yield storage.content.file }
    _modify {
      unshare()
      yield &storage.content.file
    }
  }

  package var conditions: [Condition] {
    _read { yield storage.content.conditions }
    _modify {
      unshare()
      yield &storage.content.conditions
    }
  }

  /// How many instances were ever started for it: the number in the next one's name.
  package var startedInstances: Int {
    _read { yield storage.content.startedInstances }
    _modify {
      unshare()
      yield &storage.content.startedInstances
    }
  }

  private mutating func unshare() {
    if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.content) }
  }
}

extension ModelRecord {
  fileprivate struct Content: Hashable, Codable {
    var machine: ModelMachine
    var live: LiveSettings
    var workloads: [Revision: Workload]
    var file: String
    var conditions: [Condition]
    var startedInstances: Int
  }

  // Only a record that nobody shares it with changes it.
  fileprivate final class Storage: @unchecked Sendable {
    var content: Content

    init(_ content: Content) { self.content = content }
  }
}

extension ModelRecord: Hashable {
  package static func == (left: ModelRecord, right: ModelRecord) -> Bool {
    left.storage === right.storage || left.storage.content == right.storage.content
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(storage.content) }
}

extension ModelRecord: Codable {
  package init(from decoder: any Decoder) throws { storage = Storage(try Content(from: decoder)) }

  package func encode(to encoder: any Encoder) throws { try storage.content.encode(to: encoder) }
}
