import Manifests

struct ManifestFile { var path: String; var bytes: [UInt8] }
struct ParsedFile: Sendable { var path: String; var text: String }
func parse(_ file: ManifestFile) -> ParsedFile {
  ParsedFile(path: file.path, text: String(decoding: file.bytes, as: UTF8.self))
}
func resolve(_ files: [ParsedFile]) -> DesiredState {
  DesiredState(
    diagnostics: files.map {
      Diagnostic(severity: .warning, file: $0.path, line: 1, column: 1, message: $0.text)
    })
}
