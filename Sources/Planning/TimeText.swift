package import Vocabulary

/// A moment that encodes as RFC 3339 text, as everything that people and other programs read has it.
package struct TimeText: Hashable, Codable, Sendable {
  package var timestamp: Timestamp

  package init(_ timestamp: Timestamp) {
    self.timestamp = timestamp
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let timestamp = Timestamp(rfc3339: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a time such as 2026-03-01T09:30:00Z: \(text)")
    }
    self.timestamp = timestamp
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(timestamp.description)
  }
}

extension Timestamp {
  /// Reads RFC 3339, for example `2026-03-01T09:30:00.250Z` or `2026-03-01T11:30:00+02:00`. Digits after the
  /// milliseconds are dropped, as is a leap second. `nil` when it is none.
  package init?(rfc3339 text: String) {
    var reader = TimeReader(text)
    guard let year = reader.number(digits: 4), reader.skip("-"),
      let month = reader.number(digits: 2), (1...12).contains(month), reader.skip("-"),
      let day = reader.number(digits: 2), (1...daysInMonth(month, of: year)).contains(day),
      reader.skip("T") || reader.skip("t") || reader.skip(" "),
      let hour = reader.number(digits: 2), (0...23).contains(hour), reader.skip(":"),
      let minute = reader.number(digits: 2), (0...59).contains(minute), reader.skip(":"),
      let second = reader.number(digits: 2), (0...60).contains(second),
      let fraction = reader.milliseconds(), let offset = reader.offsetMinutes(), reader.isAtEnd
    else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    let minutes = (days * 24 + hour) * 60 + minute - offset
    self.init(milliseconds: (minutes * 60 + min(second, 59)) * 1000 + fraction)
  }
}

/// Reads the fixed-width pieces of a time from the front.
private struct TimeReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(digits: Int) -> Int64? {
    let piece = rest.prefix(digits)
    guard piece.count == digits, piece.allSatisfy(isDigit) else { return nil }
    rest.removeFirst(digits)
    return piece.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  /// The optional fraction of a second, rounded down.
  mutating func milliseconds() -> Int64? {
    guard skip(".") else { return 0 }
    let digits = rest.prefix(while: isDigit)
    guard !digits.isEmpty else { return nil }
    rest.removeFirst(digits.count)
    let padded = digits.map { Int64($0 - UInt8(ascii: "0")) } + [0, 0]
    return padded[0] * 100 + padded[1] * 10 + padded[2]
  }

  /// `Z`, or hours and minutes ahead of UTC.
  mutating func offsetMinutes() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
    guard skip("+") || skip("-"), let hours = number(digits: 2), hours < 24, skip(":"),
      let minutes = number(digits: 2), minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
  switch month {
  case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

/// The day number of a proleptic Gregorian date, counting years from March so that the leap day comes last.
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
  let marchYear = month < 3 ? year - 1 : year
  // The year is never negative here, but the one before the year 0 is.
  let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
  let yearOfEra = marchYear - era * 400
  let dayOfYear = (153 * (month < 3 ? month + 9 : month - 3) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
