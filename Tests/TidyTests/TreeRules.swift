/// The files that are linked to from Markdown and do not exist. `exists` is asked for paths from the root.
func brokenLinks(path: String, text: String, exists: (String) -> Bool) -> [Complaint] {
  let folder = path.split(separator: "/").dropLast().map(String.init)
  var fenced = false
  return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
    index, line -> [Complaint] in
    if line.drop(while: { $0 == " " }).hasPrefix("```") { fenced.toggle() }
    guard !fenced else { return [] }
    return linkedFiles(in: line).filter { !exists(resolve($0, in: folder)) }.map {
      Complaint(path: path, line: index + 1, message: "links to \($0), which does not exist")
    }
  }
}

/// The targets of `[text](target)` that are files of the project, without `#fragment`.
private func linkedFiles(in line: Substring) -> [String] {
  let prose = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
    .map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined()
  return prose.components(after: "](").compactMap { rest in
    let target = rest.prefix { $0 != ")" && $0 != " " }
    let file = target.prefix { $0 != "#" }
    return file.isEmpty || target.contains("://") || target.hasPrefix("mailto:") ? nil : String(file)
  }
}

private func resolve(_ link: String, in folder: [String]) -> String {
  var parts = link.hasPrefix("/") ? [] : folder
  for part in link.split(separator: "/") where part != "." {
    if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(String(part)) }
  }
  return parts.joined(separator: "/")
}

extension String {
  fileprivate func components(after separator: String) -> [Substring] {
    ranges(of: separator).map { self[$0.upperBound...] }
  }
}

/// Names at the top level of the project that have no business there. The resolved package versions are a
/// by-product of building.
func strayNames(_ names: [String]) -> [String] {
  let expected: Set = [
    "Package.swift", "Package.resolved", "Sources", "Tests", "manifests", "docs", "Makefile", "README.md",
    "LICENSE",
  ]
  return names.filter { !expected.contains($0) && !$0.hasPrefix(".") }.sorted()
}
