import Manifests
import Testing
import Vocabulary

private func found(_ models: String...) -> [String] {
  state(["a.yaml": models.joined(separator: "---\n"), "b.yaml": shared]).diagnostics.map(summary)
}

struct DependencyTests {
  @Test func `reads what a model depends on, and whether it is suspended`() throws {
    let state = state([
      "a.yaml": model("m", "dependsOn: [tokenizer, embedder]", "suspend: true"), "b.yaml": model("tokenizer"),
      "c.yaml": model("embedder", "dependsOn: [tokenizer]", "suspend: false"), "d.yaml": shared,
    ])
    #expect(state.diagnostics.isEmpty)
    let live = try #require(state.models["m"]).live
    #expect(live.dependsOn == ["tokenizer", "embedder"])
    #expect(live.suspend)
    #expect(state.models["embedder"]?.live.suspend == false)
  }

  @Test func `a dependency that is not there gets a suggestion, and leaves other models alone`() {
    let state = state([
      "a.yaml": model("m", "dependsOn: [tokeniser]"), "b.yaml": model("tokenizer"), "c.yaml": shared,
    ])
    #expect(
      state.diagnostics.map(summary) == ["8:15: there is no model `tokeniser` (did you mean `tokenizer`?)"])
    #expect(state.unreadable == ["m"])
    #expect(state.models.keys.sorted() == ["tokenizer"])
  }

  @Test func `an error elsewhere does not hide a dependency that is not there`() {
    #expect(
      found(model("m", "dependsOn: [none]", "replicas: 0")) == [
        "8:15: there is no model `none`", "9:13: `replicas` must be from 1 to 100, not 0",
      ])
    #expect(found(model("m", "dependsOn: [none]"), model("m")).first == "8:15: there is no model `none`")
  }

  @Test func `a dependency that cannot be read is no error of the model`() {
    let state = state([
      "a.yaml": model("m", "dependsOn: [broken]"), "b.yaml": model("broken", "replicas: 0"), "c.yaml": shared,
    ])
    #expect(state.unreadable == ["broken"])
    #expect(state.models["m"] != nil)
    #expect(state.diagnostics.count == 1)
  }

  @Test func `a cycle is named on every model in it, and on no other`() {
    let state = state([
      "a.yaml": model("a", "dependsOn: [x, b]"), "b.yaml": model("b", "dependsOn: [c]"),
      "c.yaml": model("c", "dependsOn: [x, a]"), "d.yaml": model("d", "dependsOn: [a]"), "s.yaml": shared,
      "x.yaml": model("x"),
    ])
    #expect(
      state.diagnostics.map { "\($0.file):\(summary($0))" } == [
        "a.yaml:8:18: the model depends on itself: a -> b -> c -> a",
        "b.yaml:8:15: the model depends on itself: b -> c -> a -> b",
        "c.yaml:8:18: the model depends on itself: c -> a -> b -> c",
      ])
    #expect(state.unreadable == ["a", "b", "c"])
    #expect(state.models.keys.sorted() == ["d", "x"])
  }

  @Test func `a model cannot wait for itself`() {
    #expect(found(model("m", "dependsOn: [m]")) == ["8:15: the model depends on itself: m -> m"])
  }

  @Test func `a very long cycle is shortened`() {
    let names = (10...59).map { "m\($0)" }
    let models = zip(names, names.dropFirst() + names.prefix(1)).map { model($0, "dependsOn: [\($1)]") }
    let state = state(["a.yaml": models.joined(separator: "---\n"), "b.yaml": shared])
    #expect(state.unreadable.count == 50)
    #expect(state.diagnostics[0].message.hasPrefix("the model depends on itself: m10 -> m11 -> "))
    #expect(state.diagnostics[0].message.hasSuffix(" -> m41 -> (18 more) -> m10"))
  }

  @Test(arguments: UInt64(1)...100)
  func `finds exactly the models that lie on a cycle`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...9, using: &random)
    let density = Double.random(in: 0...0.4, using: &random)
    let edges = (0..<count).map { _ in
      (0..<count).filter { _ in Double.random(in: 0..<1, using: &random) < density }
    }
    // Warshall: reach[a][b] when b can be reached from a in one step or more.
    var reach = edges.map { targets in (0..<count).map { targets.contains($0) } }
    for via in 0..<count {
      for from in 0..<count where reach[from][via] {
        for to in 0..<count where reach[via][to] { reach[from][to] = true }
      }
    }
    let files = Dictionary(
      uniqueKeysWithValues: (0..<count).map { node in
        let names = edges[node].map { "m\($0)" }.joined(separator: ", ")
        return ("\(node).yaml", model("m\(node)", "dependsOn: [\(names)]"))
      })
    let state = state(files.merging(["shared.yaml": shared]) { $1 })
    #expect(state.unreadable == Set((0..<count).filter { reach[$0][$0] }.map { ModelName("m\($0)") }))
    for diagnostic in state.diagnostics {
      let path = try #require(diagnostic.message.split(separator: ": ").last).split(separator: " -> ").map(
        String.init)
      #expect(path.first == path.last && diagnostic.file == path[0].dropFirst() + ".yaml")
      for (one, next) in zip(path, path.dropFirst()) {
        let (from, to) = (try #require(Int(one.dropFirst())), try #require(Int(next.dropFirst())))
        #expect(edges[from].contains(to))
      }
    }
  }
}
