import CLibYAML

/// Builds the node of one document from libyaml's events.
struct Composer: ~Copyable {
  /// Why a document has no node.
  enum Failure: Error {
    case refused(EventReader.Refusal)
    case tooMuch(Problem)
  }

  private var reader: EventReader
  private let firstLine: Int
  private let limits: Limits
  /// Nodes that may still be made in this file.
  private(set) var nodesLeft: Int
  /// What is wrong with the document although it could be read: anchors, aliases, tags, keys.
  private(set) var problems: [Problem] = []

  init(_ reader: consuming EventReader, firstLine: Int, limits: Limits, nodesLeft: Int) {
    self.reader = reader
    self.firstLine = firstLine
    self.limits = limits
    self.nodesLeft = nodesLeft
  }

  /// The document's value; `nil` when it is empty.
  mutating func compose() throws(Failure) -> Node? {
    var root: Node?
    while true {
      let event = try next()
      switch event {
      case YAML_STREAM_END_EVENT: return root
      case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
      default: root = try node(event, depth: 0)
      }
    }
  }

  private mutating func next() throws(Failure) -> yaml_event_type_t {
    do { return try reader.next() } catch { throw .refused(error) }
  }

  private var position: Position {
    let start = reader.start
    return Position(line: start.line + firstLine, column: start.column + 1)
  }

  private mutating func node(_ event: yaml_event_type_t, depth: Int) throws(Failure) -> Node {
    nodesLeft -= 1
    guard nodesLeft >= 0 else {
      throw .tooMuch(
        Problem(
          position: position, message: "the file has more than \(limits.nodes) values",
          suggestion: "split it into several files"))
    }
    refuseAnchorsAndTags()
    let start = position
    switch event {
    case YAML_SCALAR_EVENT:
      return .scalar(scalar(at: start))
    case YAML_SEQUENCE_START_EVENT:
      try checkDepth(depth, at: start)
      return .sequence(try items(depth: depth + 1), start)
    case YAML_MAPPING_START_EVENT:
      try checkDepth(depth, at: start)
      return .mapping(try pairs(depth: depth + 1), start)
    default:
      // An alias; what it stands for is unknown here, and it is refused anyway.
      problems.append(
        Problem(
          position: start, message: "YAML aliases (`*name`) are not supported",
          suggestion: "write the value out"))
      return .scalar(Node.Scalar(text: "", isPlain: true, position: start))
    }
  }

  private func scalar(at position: Position) -> Node.Scalar {
    let (text, isPlain) = reader.scalar
    return Node.Scalar(text: text, isPlain: isPlain, position: position)
  }

  private mutating func items(depth: Int) throws(Failure) -> [Node] {
    var items: [Node] = []
    while true {
      let event = try next()
      if event == YAML_SEQUENCE_END_EVENT { return items }
      items.append(try node(event, depth: depth))
    }
  }

  private mutating func pairs(depth: Int) throws(Failure) -> [Node.Pair] {
    var pairs: [Node.Pair] = []
    // Enough for most mappings of a manifest; growing step by step showed in profiles.
    pairs.reserveCapacity(6)
    var keys = KeySet()
    while true {
      let event = try next()
      if event == YAML_MAPPING_END_EVENT { return pairs }
      let key = try node(event, depth: depth)
      let value = try node(try next(), depth: depth)
      guard case .scalar(let name) = key else {
        problems.append(
          Problem(position: key.position, message: "a key must be text, not a list or a mapping"))
        continue
      }
      if let first = keys.insert(name, after: pairs) {
        problems.append(
          Problem(
            position: name.position,
            message: "\(quoted(name.text)) is already set at line \(first.line), column \(first.column)",
            suggestion: "remove one of the two"))
        continue
      }
      pairs.append(Node.Pair(key: name, value: value))
    }
  }

  private func checkDepth(_ depth: Int, at position: Position) throws(Failure) {
    guard depth < limits.depth else {
      throw .tooMuch(
        Problem(
          position: position,
          message: "lists and mappings are nested deeper than \(limits.depth) levels"))
    }
  }

  private mutating func refuseAnchorsAndTags() {
    let (anchor, tag) = reader.hasAnchorOrTag
    if anchor {
      problems.append(
        Problem(
          position: position, message: "YAML anchors (`&name`) are not supported",
          suggestion: "remove the anchor"))
    }
    if tag {
      problems.append(
        Problem(
          position: position, message: "YAML tags (`!name`) are not supported",
          suggestion: "remove the tag; quotes make a value text"))
    }
  }
}

/// The keys of a mapping that is being read. Most mappings are small, where comparing beats hashing; a
/// hostile one must not cost the square of its size.
private struct KeySet {
  private var positions: [String: Position] = [:]

  /// Adds a key; returns where it was already set.
  mutating func insert(_ key: Node.Scalar, after pairs: [Node.Pair]) -> Position? {
    let small = 16
    if pairs.count < small {
      return pairs.first { $0.key.text == key.text }?.key.position
    }
    if positions.isEmpty {
      for pair in pairs { positions[pair.key.text] = pair.key.position }
    }
    if let first = positions[key.text] { return first }
    positions[key.text] = key.position
    return nil
  }
}
