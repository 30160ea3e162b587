import YAML

/// The version of all kinds.
let apiVersion = "evenkeel.dev/v1"

/// A kind of resource: its name, what it is for, and the fields of its `spec`.
struct Kind<Spec: Sendable>: Sendable {
  let name: String
  let meaning: String
  let spec: ValueType<Spec>
  /// The whole document.
  let document: ValueType<Declaration<Spec>>

  init(_ name: String, _ meaning: String, spec: ValueType<Spec>) {
    self.name = name
    self.meaning = meaning
    self.spec = spec
    document = .object(
      .required("apiVersion", .choice([apiVersion]), "The version of this format."),
      .required("kind", .choice([name]), "The kind of resource."),
      .required("metadata", metadata, "What the resource is called."),
      .required("spec", spec, "What the resource says.")
    ) { _, _, metadata, spec in
      Declaration(name: metadata.name, labels: metadata.labels, spec: spec)
    }
  }
}

/// One readable resource of a file. A class, because a repository has thousands of them and each is passed from
/// hand to hand.
final class Declaration<Spec: Sendable>: Sendable {
  let name: Located<String>
  let labels: [String: String]
  let spec: Spec

  init(name: Located<String>, labels: [String: String], spec: Spec) {
    self.name = name
    self.labels = labels
    self.spec = spec
  }
}

struct Metadata: Sendable {
  var name: Located<String>
  var labels: [String: String]
}

let metadata: ValueType<Metadata> = .object(
  .required("name", ValueType.name.located, "The name, unique among resources of the kind."),
  .byDefault("labels", .labels, [:], shown: "none", "Labels for people; they decide nothing.")
) { name, labels in Metadata(name: name, labels: labels) }
