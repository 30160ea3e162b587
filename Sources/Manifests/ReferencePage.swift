/// The reference of all kinds and fields, as Markdown, made from their declarations.
package func referencePage() -> String {
  var page = """
    # Manifests

    What can be written in manifests, made from the declarations that read them: `referencePage()` in
    `Sources/Manifests/ReferencePage.swift`. A test fails when this page and the declarations disagree.

    Every document has `apiVersion: \(apiVersion)`, a `kind`, `metadata` and a `spec`. A file may hold several
    documents, separated by `---` lines. Fields that are not listed here are errors, and so are YAML anchors,
    aliases and tags. Durations are written as whole numbers with the units `h`, `m`, `s` and `ms`, the larger
    ones first: `90s`, `10m`, `1h30m`. Names are DNS labels: at most 63 lower-case letters, digits and inner
    hyphens.

    In `command`, `env` and `ready.path`, `$(NAME)` is replaced as in Kubernetes container arguments, and `$$(NAME)`
    stands for the text `$(NAME)`. The names are \(variableNames.map { "`\($0)`" }.joined(separator: ", ")).
    Variables in `env` that begin with `\(reservedVariables)` are the agent's own and refused.

    Fields marked *not supported yet* are part of the design and refused until their behaviour exists.

    """
  page += section("metadata", "What every resource is called.", metadata.description)
  page += section(modelKind)
  page += section(rolloutPolicyKind)
  page += section(checkKind)
  page += section(servingRuntimeKind)
  page += section(agentKind)
  return page
}

private func section<Spec>(_ kind: Kind<Spec>) -> String {
  section(kind.name, kind.meaning, kind.spec.description)
}

private func section(_ title: String, _ meaning: String, _ type: TypeDescription) -> String {
  let path = title == "metadata" ? title : "spec"
  let rows = rows(type.fields, under: path).joined(separator: "\n")
  return
    "\n## \(title)\n\n\(meaning)\n\n| field | type | default | meaning |\n| --- | --- | --- | --- |\n\(rows)\n"
}

/// A row for each field, those inside it right below it.
private func rows(_ fields: [FieldDescription], under path: String) -> [String] {
  fields.flatMap { field in
    let name = "\(path).\(field.key)"
    let row = "| `\(name)` | \(field.type.name) | \(shown(field.presence)) | \(field.meaning) |"
    return [row] + rows(field.type.fields, under: field.type.isList ? "\(name)[]" : name)
  }
}

private func shown(_ presence: FieldDescription.Presence) -> String {
  switch presence {
  case .required: "required"
  case .optional: "–"
  case .byDefault(let value): value.contains(" ") || value == "none" ? value : "`\(value)`"
  case .oneOf: "one of these"
  case .notSupportedYet: "*not supported yet*"
  }
}
