import Manifests
import Testing
import Vocabulary

struct ResourcesTests {
  @Test(arguments: [
    ("{cpu: \"1\", memory: 1Gi}", 1000, 1 << 30), ("{cpu: 2}", 2000, 0),
    ("{cpu: 0.5, memory: 1G}", 500, 1_000_000_000),
    ("{cpu: 500m, memory: 512Mi}", 500, 512 << 20), ("{memory: 1.5Gi}", 0, 3 << 29),
    ("{memory: 1073741824}", 0, 1 << 30), ("{cpu: 1m, memory: 1Mi}", 1, 1 << 20),
    ("{cpu: 1024, memory: 64Ti}", 1_024_000, 1 << 46), ("{memory: 2000k}", 0, 2_000_000),
    ("{memory: \"2048Ki\"}", 0, 1 << 21), ("{cpu: 1.250}", 1250, 0),
  ])
  func `reads what an instance needs`(written: String, cpu: Int, memory: Int) throws {
    let state = state(["a.yaml": model("m", "resources: \(written)"), "b.yaml": shared])
    #expect(state.diagnostics.isEmpty)
    #expect(try #require(state.models["m"]).workload.resources == Resources(milliCPU: cpu, memory: memory))
  }

  @Test(arguments: [
    ("cpu: 0", "8:20: `cpu` must be from 1m to 1024, not `0`"),
    ("cpu: 1025", "8:20: `cpu` must be from 1m to 1024, not `1025`"),
    ("cpu: -1", "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not `-1`"),
    ("cpu: 1e3", "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not `1e3`"),
    ("cpu: .5", "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not `.5`"),
    (
      "cpu: 0.0005",
      "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not `0.0005`"
    ),
    (
      "cpu: 0.5m",
      "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not `0.5m`"
    ),
    (
      "cpu: [1]", "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not a list"
    ),
    ("cpu: ~", "8:20: `cpu` must be cores such as 2 or 0.5, or thousandths of one such as 500m, not nothing"),
    ("memory: 0", "8:23: `memory` must be from 1Mi to 64Ti, not `0`"),
    ("memory: 512", "8:23: `memory` must be from 1Mi to 64Ti, not `512`"),
    ("memory: 65Ti", "8:23: `memory` must be from 1Mi to 64Ti, not `65Ti`"),
    (
      "memory: 512m",
      "8:23: `memory` must be bytes such as 512Mi, 1Gi or 1G, not `512m` (did you mean `512Mi`?)"
    ),
    ("memory: 2GB", "8:23: `memory` must be bytes such as 512Mi, 1Gi or 1G, not `2GB` (did you mean `2Gi`?)"),
    ("memory: 2 Gi", "8:23: `memory` must be bytes such as 512Mi, 1Gi or 1G, not `2 Gi`"),
    ("memory: 1.0000000001k", "8:23: `memory` must be bytes such as 512Mi, 1Gi or 1G, not `1.0000000001k`"),
    (
      "memory: 99999999999999999999Ti",
      "8:23: `memory` must be bytes such as 512Mi, 1Gi or 1G, not `99999999999999999999Ti`"
    ),
    (
      "memory: 9999999999Ti", "8:23: `memory` must be bytes such as 512Mi, 1Gi or 1G, not `9999999999Ti`"
    ),
  ])
  func `refuses what is no quantity`(written: String, expected: String) {
    #expect(complaints(model("m", "resources: {\(written)}")) == [expected])
  }

  @Test func `writes quantities so that they are read back`() {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      let cpu = Int.random(in: 1...1_024_000, using: &random)
      #expect(parseCPU(formattedCPU(cpu)) == cpu)
      let memory = Int.random(in: 1...1000, using: &random) << Int.random(in: 0...36, using: &random)
      #expect(parseMemory(formattedMemory(memory)) == memory)
    }
    #expect(formattedCPU(2000) == "2")
    #expect(formattedCPU(2500) == "2500m")
    #expect(formattedMemory(3 << 29) == "1536Mi")
    #expect(formattedMemory(1_000_000_000) == "1000000000")
    #expect(formattedMemory(0) == "0")
  }
}
