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
  /// A seed that has found it, to be tried before others. One that finds it no longer costs only time.
  package var seed: Int?

  init(_ name: String, in file: String, _ find: String, _ replacement: String, seed: Int? = nil) {
    self.name = name
    self.file = file
    self.find = find
    self.replacement = replacement
    self.seed = seed
  }

  /// The whole table.
  package static let all = machine + route + admission + loop + writeBack
}
