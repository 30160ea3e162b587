import Vocabulary

extension Fault {
  /// The same trouble for a shorter time, or less often.
  static let simplifications: [Simplification<Fault>] = [
    { $0.shorten(to: .seconds(5)) }, { $0.shorten(to: .seconds(1)) },
    { if case .rivals = $0 { $0 = .rivals(count: 1) } },
    { if case .rewrite = $0 { $0 = .rewrite(back: 1) } },
    {
      guard case .kill(_, let happens, let duration) = $0 else { return }
      $0 = .kill(afterEffects: 0, happens: happens, downFor: duration)
    },
  ]

  private mutating func shorten(to limit: Duration) {
    func shorter(_ duration: Duration) -> Duration { max(min(duration, limit), .zero - limit) }
    self =
      switch self {
      case .kill(let count, let happens, let time):
        .kill(afterEffects: count, happens: happens, downFor: shorter(time))
      case .reboot(let time): .reboot(downFor: shorter(time))
      case .hang(let name, let time): .hang(name, for: shorter(time))
      case .noStarts(let portTaken, let time): .noStarts(portTaken: portTaken, for: shorter(time))
      case .gateway(let fault, let time): .gateway(fault, for: shorter(time))
      case .gatewayRestart(let time): .gatewayRestart(downFor: shorter(time))
      case .remote(let fault, let time): .remote(fault, for: shorter(time))
      case .diskFull(let time): .diskFull(for: shorter(time))
      case .clockJump(let jump): .clockJump(shorter(jump))
      case .registry(let time): .registry(for: shorter(time))
      case .slowGit(let time): .slowGit(for: shorter(time))
      case .crash, .drift, .rivals, .rewrite: self
      }
  }
}
