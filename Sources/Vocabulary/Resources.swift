/// CPU and memory: what an instance may use, or what a host has.
package struct Resources: Hashable, Codable, Sendable {
  /// Thousandths of a core.
  package var milliCPU: Int
  /// Bytes.
  package var memory: Int

  package init(milliCPU: Int = 0, memory: Int = 0) {
    self.milliCPU = milliCPU
    self.memory = memory
  }
}
