/// The same numbers from the same seed. Steele, Lea and Flood, "Fast splittable pseudorandom number generators"
/// (2014).
struct SeededDice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x2545_F491_4F6C_DD1D }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// Whether something happens that happens in so many cases of a hundred.
  mutating func happens(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// The files of a commit, by path.
struct RandomTree: Equatable {
  struct File: Equatable {
    enum Mode: String {
      case plain = "100644"
      case executable = "100755"
      case link = "120000"
      case submodule = "160000"
    }
    var mode = Mode.plain
    /// For a submodule the id of its commit.
    var text: String
  }

  private(set) var files: [String: File] = [:]

  /// Sorted, since the order of a dictionary differs from run to run.
  var paths: [String] { files.keys.sorted() }

  subscript(path: String) -> File? { files[path] }

  /// Puts a file somewhere; whatever cannot exist beside it goes away.
  mutating func put(_ file: File, at path: String) {
    for other in files.keys where other.hasPrefix(path + "/") || path.hasPrefix(other + "/") {
      files[other] = nil
    }
    files[path] = file
    // No file system has a link to nowhere at all.
    if file.mode == .link, file.text.isEmpty || file.text.contains("\0") { files[path]?.text = "nowhere" }
  }

  mutating func remove(_ path: String) { files[path] = nil }

  /// Does to this tree what was done between two others, file by file.
  mutating func apply(from base: RandomTree, to changed: RandomTree) {
    for path in Set(base.paths + changed.paths).sorted() where base[path] != changed[path] {
      if let file = changed[path] { put(file, at: path) } else { remove(path) }
    }
  }
}

// MARK: What happens to files

extension RandomTree {
  init(_ dice: inout SeededDice) {
    for _ in 0..<Int.random(in: 3...12, using: &dice) {
      put(File(text: randomText(&dice)), at: randomPath(&dice))
    }
  }

  /// Changes something at random.
  ///
  /// - Returns: What, in words.
  mutating func change(_ dice: inout SeededDice, earlier: [RandomTree]) -> String {
    guard let path = paths.randomElement(using: &dice), let file = files[path] else { return add(&dice) }
    switch dice.below(100) {
    case ..<35: return edit(path, file, &dice)
    case ..<45: return add(&dice)
    case ..<53:
      remove(path)
      return "delete \(path)"
    case ..<65: return rename(path, file, &dice)
    case ..<72: return renameFolder(of: path, &dice)
    case ..<78: return copy(path, file, &dice)
    case ..<84: return changeMode(of: path, file, &dice)
    case ..<88: return nest(path, file, &dice)
    case ..<92:
      put(File(mode: file.mode == .submodule ? .plain : file.mode, text: randomText(&dice)), at: path)
      return "rewrite \(path)"
    default: return putBack(dice.pick(earlier + [self]), &dice)
    }
  }

  private mutating func add(_ dice: inout SeededDice) -> String {
    let path = randomPath(&dice)
    put(File(text: randomText(&dice)), at: path)
    return "add \(path)"
  }

  private mutating func edit(_ path: String, _ file: File, _ dice: inout SeededDice) -> String {
    guard file.mode != .submodule else {
      put(File(mode: .submodule, text: randomCommit(&dice)), at: path)
      return "advance the submodule \(path)"
    }
    put(File(mode: file.mode, text: edited(file.text, &dice)), at: path)
    return "edit \(path)"
  }

  private mutating func rename(_ path: String, _ file: File, _ dice: inout SeededDice) -> String {
    let target = randomPath(&dice)
    var file = file
    var words = "rename \(path) to \(target)"
    if dice.happens(40), file.mode != .submodule {
      file.text = edited(file.text, &dice)
      words += " and edit it"
    }
    remove(path)
    put(file, at: target)
    return words
  }

  private mutating func renameFolder(of path: String, _ dice: inout SeededDice) -> String {
    let components = path.split(separator: "/")
    guard components.count > 1 else { return edit(path, files[path] ?? File(text: ""), &dice) }
    let folder = components.prefix(dice.below(components.count - 1) + 1).joined(separator: "/")
    let target = dice.pick(folders.filter { !$0.isEmpty } + ["moved", "moved/here"])
    for path in paths where path.hasPrefix(folder + "/") {
      guard let file = files[path] else { continue }
      remove(path)
      put(file, at: target + path.dropFirst(folder.count))
    }
    return "rename the folder \(folder) to \(target)"
  }

  private mutating func copy(_ path: String, _ file: File, _ dice: inout SeededDice) -> String {
    let target = randomPath(&dice)
    put(file, at: target)
    return "copy \(path) to \(target)"
  }

  private mutating func changeMode(of path: String, _ file: File, _ dice: inout SeededDice) -> String {
    switch (file.mode, dice.below(3)) {
    case (.plain, 0):
      put(File(mode: .link, text: "../\(dice.pick(names))"), at: path)
      return "make \(path) a symbolic link"
    case (.plain, 1) where dice.happens(50):
      put(File(mode: .submodule, text: randomCommit(&dice)), at: path)
      return "make \(path) a submodule"
    case (.plain, _):
      put(File(mode: .executable, text: file.text), at: path)
      return "make \(path) executable"
    case (.executable, _):
      put(File(text: file.text), at: path)
      return "make \(path) not executable"
    default:
      put(File(text: randomText(&dice)), at: path)
      return "make \(path) a file"
    }
  }

  /// A file becomes a folder, or the folder of a file becomes that file.
  private mutating func nest(_ path: String, _ file: File, _ dice: inout SeededDice) -> String {
    if let slash = path.lastIndex(of: "/"), dice.happens(50) {
      put(file, at: String(path[..<slash]))
      return "make the folder of \(path) that file"
    }
    put(file, at: path + "/" + dice.pick(names))
    return "make \(path) a folder of itself"
  }

  /// A file as it was in an earlier commit, or not at all if it was not there.
  private mutating func putBack(_ earlier: RandomTree, _ dice: inout SeededDice) -> String {
    let path = dice.pick((paths + earlier.paths).sorted())
    if let file = earlier[path] { put(file, at: path) } else { remove(path) }
    return "put \(path) back as it once was"
  }
}

// MARK: Names and texts

private let folders = ["", "models", "models/eu", "models/eu/deep/er", "teams", "teams/Ünïcode", "plat form"]
private let names = ["a.yaml", "b.yaml", "c.yml", "run.sh", "notes", "-x.yaml", "tab\there", "A.yaml"]

private func randomPath(_ dice: inout SeededDice) -> String {
  let folder = dice.pick(folders)
  return (folder.isEmpty ? "" : folder + "/") + dice.pick(names)
}

private func randomCommit(_ dice: inout SeededDice) -> String {
  String(repeating: dice.pick(["1", "2", "ab"]), count: 40).prefix(40).description
}

/// Few words, so that texts resemble each other; now and then one that is binary, empty, or ends without a line break.
private func randomText(_ dice: inout SeededDice) -> String {
  switch dice.below(20) {
  case 0: return ""
  case 1: return "bin\0ary \(dice.below(3))"
  case 2: return dice.pick(["same\n", "same", "other\r\nlines\r\n"])
  default:
    let lines = (0..<Int.random(in: 1...24, using: &dice)).map { _ in randomLine(&dice) }
    return lines.joined(separator: "\n") + (dice.happens(90) ? "\n" : "")
  }
}

private func randomLine(_ dice: inout SeededDice) -> String {
  let key = dice.pick(["name", "version", "digest", "uri", "replicas", "", "- weight", "}"])
  return key.count < 2 ? key : "\(key): \(dice.below(12))"
}

private func edited(_ text: String, _ dice: inout SeededDice) -> String {
  // By bytes that are line feeds: to Swift, CR LF is one character.
  var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    .map { String(String.UnicodeScalarView($0)) }
  for _ in 0...dice.below(2) {
    let line = dice.below(lines.count)
    switch dice.below(4) {
    case 0: lines.insert(randomLine(&dice), at: line)
    case 1 where lines.count > 1: lines.remove(at: line)
    default: lines[line] = randomLine(&dice)
    }
  }
  return lines.joined(separator: "\n")
}
