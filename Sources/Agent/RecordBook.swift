import Effects
import Rollout
import Vocabulary

/// The records of all models, and which of them have changed since the book was asked last.
struct RecordBook {
  private(set) var byName: [ModelName: ModelRecord] = [:]
  private var changed: Set<ModelName> = []
  /// How often anything has been written into it.
  private(set) var edition = 0

  init() {}

  init(_ records: [ModelRecord]) {
    for record in records { self[record.machine.name] = record }
  }

  var keys: Dictionary<ModelName, ModelRecord>.Keys { byName.keys }
  var values: Dictionary<ModelName, ModelRecord>.Values { byName.values }

  subscript(name: ModelName) -> ModelRecord? {
    get { byName[name] }
    set {
      byName[name] = newValue
      changed.insert(name)
      edition += 1
    }
  }

  /// Takes over records that have changed.
  mutating func merge(_ records: [ModelName: ModelRecord]) {
    for (name, record) in records { self[name] = record }
  }

  /// Takes over a machine in which nothing is new that a `Standing` follows from: only what was counted, and what it
  /// waits for.
  mutating func annotate(_ name: ModelName, machine: ModelMachine) {
    byName[name]?.machine = machine
    edition += 1
  }

  /// Takes over since when a model's conditions hold. No `Standing` follows from them.
  mutating func annotate(_ name: ModelName, conditions: [Condition]) {
    byName[name]?.conditions = conditions
    edition += 1
  }

  var haveChanged: Bool { !changed.isEmpty }

  /// The models whose records are new, gone or changed; asked again, those that are so since.
  mutating func takeChanged() -> Set<ModelName> {
    defer { changed = [] }
    return changed
  }
}
