import ArgumentParser
import Manifests

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check manifests and show everything that is wrong with them.",
    discussion: """
      All paths together are taken for one configuration, so give the whole folder when manifests refer to each \
      other. A file that declares an `Agent` is checked as the agent's own file. Exits with 1 if there is any error, \
      or a folder without a manifest.
      """)

  @Argument(help: "Files and folders.")
  var paths: [String]

  @OptionGroup var output: OutputOptions

  func run() throws {
    var manifests = ManifestFolder()
    var diagnostics: [Diagnostic] = []
    var agentFiles = 0
    var emptyFolders: [String] = []
    for path in paths {
      switch isFolder(path) {
      case nil: throw CommandFailure("there is no \(path)")
      case true?:
        let before = manifests.found
        try manifests.add(folder: path, prefix: path.hasSuffix("/") ? path : path + "/")
        if manifests.found == before { emptyFolders.append(path) }
      case false?:
        if let file = try agentFile(path) {
          agentFiles += 1
          diagnostics += readAgentSettings(file).1
        } else {
          try manifests.add(file: path)
        }
      }
    }
    let desired = manifests.desired()
    diagnostics += desired.diagnostics
    let report = ValidationReport(
      diagnostics, files: manifests.files.count + agentFiles, models: desired.models.count)
    try show(report)
    // Most likely a mistyped path; a check that checks nothing must not pass.
    for folder in emptyFolders {
      Output.message("error: there is no manifest in \(folder): no file whose name ends in .yaml or .yml")
    }
    if report.summary.errors > 0 || !emptyFolders.isEmpty { throw ExitCode(1) }
  }

  private func show(_ report: ValidationReport) throws {
    switch output.format {
    case .json:
      try Output.result(json: report)
    case .text:
      for diagnostic in report.diagnostics { Output.result(safeText(of: diagnostic)) }
      Output.message(report.summary.sentence)
    }
  }

  /// The file, if it is an agent's. Its `kind` is looked for in the text, because a file that cannot be parsed
  /// must be complained about as what it is meant to be.
  private func agentFile(_ path: String) throws -> ManifestFile? {
    var single = ManifestFolder()
    try single.add(file: path)
    guard let file = single.files.first else { return nil }
    let lines = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    let isAgent = lines.contains {
      $0.hasPrefix("kind:") && $0.split(whereSeparator: isDelimiter).dropFirst().first == "Agent"
    }
    return isAgent ? file : nil
  }

  private func isDelimiter(_ character: Character) -> Bool {
    character.isWhitespace || "\"':#".contains(character)
  }
}

/// The JSON of `evenkeel validate -o json`.
struct ValidationReport: Encodable {
  struct Summary: Encodable {
    var files: Int
    var models: Int
    var errors: Int
    var warnings: Int

    var sentence: String {
      let problems = [count(errors, "error"), count(warnings, "warning")].joined(separator: ", ")
      return "\(count(files, "file")), \(count(models, "model")): \(problems)"
    }

    private func count(_ number: Int, _ noun: String) -> String {
      switch number {
      case 0: "no \(noun)s"
      case 1: "1 \(noun)"
      default: "\(number) \(noun)s"
      }
    }
  }

  var diagnostics: [Diagnostic]
  var summary: Summary

  init(_ diagnostics: [Diagnostic], files: Int, models: Int) {
    self.diagnostics = diagnostics
    summary = Summary(
      files: files, models: models, errors: diagnostics.count { $0.severity == .error },
      warnings: diagnostics.count { $0.severity == .warning })
  }
}
