import Manifests
import Planning
package import Vocabulary

/// Says that there is no such model, what may have been meant, and what there is.
package func unknownModelMessage(_ name: ModelName, among names: [ModelName]) -> String {
  let wanted = name.rawValue.printable.truncated(to: 64)
  guard !names.isEmpty else { return "there is no model `\(wanted)`; the agent has no models yet" }
  let known = names.map(\.rawValue).sorted()
  let guess = didYouMean(name.rawValue, among: known).map { ", \($0)" } ?? ""
  let more = known.count > 20 ? " and \(known.count - 20) more" : ""
  return
    "there is no model `\(wanted)`\(guess); the models are \(known.prefix(20).joined(separator: ", "))\(more)"
}
