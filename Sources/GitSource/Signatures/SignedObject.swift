/// The bytes of a commit, taken apart into the signature and what it is for, as Git does: the header `gpgsig` with its
/// continuation lines is left out of what is signed, everything else is in it (gitformat-signature).
///
/// Not libgit2's `git_commit_extract_signature`: it takes a line of the message for the header when there is none.
struct SignedObject: Equatable {
  /// What is signed.
  var payload: [UInt8]
  /// The armoured signature; `nil` when there is none.
  var signature: String?
  /// Whether there is more than one, so that nobody can say which counts.
  var isAmbiguous = false

  init(_ raw: [UInt8]) {
    payload = []
    payload.reserveCapacity(raw.count)
    var signatures: [[UInt8]] = []
    var rest = raw[...]
    var isInSignature = false
    while let first = rest.first, first != newline {
      let end = rest.firstIndex(of: newline).map { $0 + 1 } ?? rest.endIndex
      let line = rest[..<end]
      rest = rest[end...]
      if first == space, isInSignature {
        signatures[signatures.count - 1] += line.dropFirst()
      } else if line.starts(with: header) {
        signatures.append(Array(line.dropFirst(header.count)))
        isInSignature = true
      } else {
        payload += line
        isInSignature = false
      }
    }
    payload += rest
    isAmbiguous = signatures.count > 1
    signature = signatures.first.map { String(decoding: $0, as: UTF8.self) }
  }

  enum Format { case ssh, openPGP, other }

  var format: Format? {
    guard let signature else { return nil }
    if signature.hasPrefix("-----BEGIN SSH SIGNATURE-----") { return .ssh }
    let isOpenPGP = ["SIGNATURE", "MESSAGE"].contains { signature.hasPrefix("-----BEGIN PGP \($0)-----") }
    return isOpenPGP ? .openPGP : .other
  }
}

private let header = Array("gpgsig ".utf8)
private let newline = UInt8(ascii: "\n")
private let space = UInt8(ascii: " ")
