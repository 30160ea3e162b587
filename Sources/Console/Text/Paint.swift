/// ANSI colours, or none.
struct Paint: Sendable {
  enum Colour: Int {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
  }

  let isOn: Bool

  func callAsFunction(_ colour: Colour, _ text: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// One cell of a table: its text, and the colour it gets once its width is known.
struct Cell {
  var text: String
  var colour: Paint.Colour?

  init(_ text: String, _ colour: Paint.Colour? = nil) {
    self.text = text
    self.colour = colour
  }
}

/// Lines with aligned columns, two spaces between them; the last column is not padded.
func table(_ rows: [[Cell]], _ paint: Paint) -> [String] {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
  }
  return rows.map { row in
    var line = ""
    for (index, cell) in row.enumerated() {
      line += cell.colour.map { paint($0, cell.text) } ?? cell.text
      if index + 1 < row.count {
        line += String(repeating: " ", count: widths[index] - cell.text.count + 2)
      }
    }
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
