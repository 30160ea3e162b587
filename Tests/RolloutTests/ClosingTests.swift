import Rollout
import Testing
import Vocabulary

/// Between the promotion and the end of a rollout that keeps nothing warm, the old version is on its way out.
@Suite struct ClosingTests {
  @Test func `a check that fails while the old version stops sends no traffic back to it`() {
    var machine = machine(at: .stop)
    let counts = [
      revision(1): RequestCounts(requests: 100_000),
      revision(2): RequestCounts(requests: 200_000, errors: 90_000),
    ]
    var world = obliging(machine, counts: counts)
    world.others = 1
    #expect(machine.observe(world, at: dusk) == .waiting)
    #expect(machine.wanted().weights == [revision(2): 100])
  }

  @Test func `a promoted version that crashes while the old one stops is not taken back`() {
    var machine = machine(at: .stop)
    var world = obliging(machine)
    world.others = 1
    world.instances.exits = 3
    #expect(machine.observe(world, at: dusk) == .waiting)
    #expect(machine.stable?.version == "2")
  }

  @Test func `a rollback while the old version stops starts it again before it gets traffic`() {
    var machine = machine(at: .stop)
    let result = machine.rollback(because: nil, by: "ann", rules: careful.rules, at: dusk, id: id(3))
    #expect(result == .changed(.started(to: release(1))))
    #expect(machine.wanted().weights == [revision(2): 100])
  }
}
