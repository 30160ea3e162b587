/// The cycles among dependencies, each once for every node on it, beginning with that node and without repeating it at
/// the end; nodes that lie on no cycle have none. A node may lie on many: it gets one of the shortest, or one that was
/// found for another node of it.
///
/// - Parameter dependencies: for each node the ones that it depends on, as indices.
func cycles(in dependencies: [[Int]]) -> [Int: [Int]] {
  var found: [Int: [Int]] = [:]
  let rest = onlyBetweenCycles(dependencies)
  for node in dependencies.indices where rest[node] && found[node] == nil {
    guard let cycle = shortestCycle(through: node, dependencies, among: rest) else { continue }
    for (offset, member) in cycle.enumerated() where found[member] == nil {
      found[member] = Array(cycle[offset...] + cycle[..<offset])
    }
  }
  return found
}

/// Peels off, again and again, what depends on nothing and what nothing depends on: what is left lies on cycles, or
/// between two of them. Mostly that is nothing.
private func onlyBetweenCycles(_ dependencies: [[Int]]) -> [Bool] {
  var dependents: [[Int]] = Array(repeating: [], count: dependencies.count)
  for (node, targets) in dependencies.enumerated() {
    for target in targets { dependents[target].append(node) }
  }
  var isLeft = Array(repeating: true, count: dependencies.count)
  peel(&isLeft, next: dependents, degrees: dependencies.map(\.count))
  let left = dependents.map { $0.count { isLeft[$0] } }
  peel(&isLeft, next: dependencies, degrees: left)
  return isLeft
}

private func peel(_ isLeft: inout [Bool], next: [[Int]], degrees: [Int]) {
  var degrees = degrees
  var free = degrees.indices.filter { isLeft[$0] && degrees[$0] == 0 }
  while let node = free.popLast() {
    isLeft[node] = false
    for neighbour in next[node] where isLeft[neighbour] {
      degrees[neighbour] -= 1
      if degrees[neighbour] == 0 { free.append(neighbour) }
    }
  }
}

private func shortestCycle(through start: Int, _ dependencies: [[Int]], among nodes: [Bool]) -> [Int]? {
  var cameFrom: [Int: Int] = [:]
  var queue = [start]
  var head = 0
  while head < queue.count {
    let node = queue[head]
    head += 1
    for target in dependencies[node] where nodes[target] {
      if target == start {
        var path = [node]
        while let last = path.last, last != start, let before = cameFrom[last] { path.append(before) }
        return path.reversed()
      }
      if cameFrom[target] == nil {
        cameFrom[target] = node
        queue.append(target)
      }
    }
  }
  return nil
}
