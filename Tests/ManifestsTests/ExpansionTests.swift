import Manifests
import Testing

struct ExpansionTests {
  @Test(arguments: [
    ("$(PORT)", "20001"), ("a$(PORT)b$(MODEL_NAME)", "a20001bm"), ("$$(PORT)", "$(PORT)"),
    ("$$$(PORT)", "$20001"), ("$$$$(PORT)", "$$(PORT)"), ("$", "$"), ("$$", "$"), ("$PORT", "$PORT"),
    ("$(PORT", "$(PORT"), ("$()", "$()"), ("$(FOO)", "$(FOO)"), ("$($(PORT))", "$($(PORT))"),
    ("é$(PORT)é", "é20001é"),
    ("", ""),
  ])
  func `expands variables as Kubernetes does`(template: String, expected: String) {
    #expect(expand(template, with: ["PORT": "20001", "MODEL_NAME": "m"]) == expected)
  }

  @Test func `does not expand what a value contains`() {
    #expect(expand("$(VERSION)", with: ["VERSION": "$(PORT)", "PORT": "1"]) == "$(PORT)")
  }
}
