import FoundationEssentials

/// Runs `body` with the path of a new, empty folder, and removes the folder with all that is in it afterwards.
package func withTemporaryFolder<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "evenkeel-test-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(
    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  defer { removeFolder(folder) }
  return try await body(folder)
}

/// Removes a folder with all that is in it, also what is in read-only folders.
package func removeFolder(_ folder: String) {
  let files = FileManager.default
  for path in (try? files.subpathsOfDirectory(atPath: folder)) ?? [] {
    let attributes = try? files.attributesOfItem(atPath: "\(folder)/\(path)")
    guard attributes?[.type] as? FileAttributeType == .typeDirectory else { continue }
    try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(folder)/\(path)")
  }
  try? files.removeItem(atPath: folder)
}

/// Writes a text file, with the folders that its path needs.
package func write(_ text: String, to path: String) throws {
  let file = URL(filePath: path)
  try FileManager.default.createDirectory(
    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
  try Data(text.utf8).write(to: file)
}
