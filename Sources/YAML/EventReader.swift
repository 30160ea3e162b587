import CLibYAML

/// Owns a libyaml parser over bytes that outlive it, and hands out one event at a time.
struct EventReader: ~Copyable {
  // On the heap: `yaml_parser_t` holds a pointer to itself, so it must never move.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let event: UnsafeMutablePointer<yaml_event_t>

  /// `nil` when there is no memory left for libyaml's buffers. The bytes must be UTF-8 without a byte
  /// order mark; where they are not UTF-8, `next` throws.
  init?(_ input: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    event = .allocate(capacity: 1)
    event.initialize(to: yaml_event_t())
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else { return nil }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_event_delete(event)
    yaml_parser_delete(parser)
    event.deallocate()
    parser.deallocate()
  }

  /// libyaml's refusal of the input.
  struct Refusal: Error {
    /// Where: a line and column from 0, or a byte of the input.
    enum Place {
      case mark(line: Int, column: Int)
      case byte(Int)
    }
    let place: Place
    let message: String
  }

  /// Moves to the next event and returns its kind.
  mutating func next() throws(Refusal) -> yaml_event_type_t {
    yaml_event_delete(event)
    guard yaml_parser_parse(parser, event) == 1 else { throw refusal() }
    return event.pointee.type
  }

  /// Line and column, from 0, of where the event starts.
  var start: (line: Int, column: Int) {
    (event.pointee.start_mark.line, event.pointee.start_mark.column)
  }

  /// The text of a scalar event, and whether it is plain.
  var scalar: (text: String, isPlain: Bool) {
    let scalar = event.pointee.data.scalar
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    return (String(decoding: bytes, as: UTF8.self), scalar.style == YAML_PLAIN_SCALAR_STYLE)
  }

  /// What the event carries that Evenkeel does not accept: an anchor or a tag.
  var hasAnchorOrTag: (anchor: Bool, tag: Bool) {
    let data = event.pointee.data
    return switch event.pointee.type {
    case YAML_SCALAR_EVENT: (data.scalar.anchor != nil, data.scalar.tag != nil)
    case YAML_SEQUENCE_START_EVENT: (data.sequence_start.anchor != nil, data.sequence_start.tag != nil)
    case YAML_MAPPING_START_EVENT: (data.mapping_start.anchor != nil, data.mapping_start.tag != nil)
    default: (false, false)
    }
  }

  private func refusal() -> Refusal {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "cannot be read"
    switch state.error {
    case YAML_READER_ERROR:
      return Refusal(place: .byte(state.problem_offset), message: problem)
    case YAML_MEMORY_ERROR:
      return Refusal(place: .byte(0), message: "there is not enough memory to read this document")
    default:
      let context = state.context.map { " " + String(cString: $0) } ?? ""
      return Refusal(
        place: .mark(line: state.problem_mark.line, column: state.problem_mark.column),
        message: problem + context)
    }
  }
}
