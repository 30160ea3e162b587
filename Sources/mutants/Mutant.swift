/// A deliberate bug: one place of the sources, written differently. The simulator has to notice.
package struct Mutant: Sendable {
  /// A few words with hyphens, as the command line and the table name it.
  package var name: String
  /// Below `Sources/`.
  package var file: String
  /// Occurs exactly once in the file.
  package var find: String
  /// Takes the place of `find`; `MUTANT` in it is true where the mutant is switched on, and false in the program as it should
  /// be.
  package var replacement: String

  init(_ name: String, in file: String, _ find: String, _ replacement: String) {
    self.name = name
    self.file = file
    self.find = find
    self.replacement = replacement
  }

  /// The whole table.
  package static let all = machine + route + admission + loop + writeBack
}
