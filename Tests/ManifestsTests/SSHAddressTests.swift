import Manifests
import Testing

struct SSHAddressTests {
  @Test(arguments: [
    ("ssh://git@example.com/team/config.git", "git", "example.com", 22, "/team/config.git"),
    ("ssh://git@example.com:2222/config", "git", "example.com", 2222, "/config"),
    ("ssh://git@[::1]:2222/config", "git", "::1", 2222, "/config"),
    ("ssh://git@[::1]/config", "git", "::1", 22, "/config"),
    ("ssh://git@10.0.0.1/~git/config", "git", "10.0.0.1", 22, "~git/config"),
    ("ssh://git@example.com/my%20team/%C3%BC!", "git", "example.com", 22, "/my team/ü!"),
    ("ssh://a.b_c-d+e@h-1.example.com/c", "a.b_c-d+e", "h-1.example.com", 22, "/c"),
  ])
  func `takes a URL apart`(url: String, user: String, host: String, port: Int, path: String) throws {
    let address = try SSHAddress(url)
    #expect(
      [address.user, address.host, "\(address.port)", address.path] == [user, host, "\(port)", path])
  }

  @Test(arguments: [
    ("git@example.com:config", "is no ssh URL"),
    ("ssh://example.com/config", "names no user"),
    ("ssh://git:secret@example.com/config", "needs a plain user name before the `@`"),
    ("ssh://-oProxyCommand=x@example.com/config", "needs a plain user name before the `@`"),
    ("ssh://git@-oProxyCommand=x/config", "names no host"),
    ("ssh://git@/config", "names no host"),
    ("ssh://git@[fe80/config", "names no host"),
    ("ssh://git@exa$(id)mple/config", "names no host"),
    ("ssh://git@example.com:team/config", "has no port after the `:`"),
    ("ssh://git@example.com:0/config", "has no port after the `:`"),
    ("ssh://git@example.com:65536/config", "has no port after the `:`"),
    ("ssh://git@[::1]x/config", "has no port after the `:`"),
    ("ssh://git@example.com", "names no repository"),
    ("ssh://git@example.com/", "names no repository"),
    ("ssh://git@example.com/a%0Ab", "names no repository"),
    ("ssh://git@example.com/a%FF", "names no repository"),
    ("ssh://git@example.com/a%2", "has a `%` that escapes nothing"),
    ("ssh://git@example.com/a%+1", "has a `%` that escapes nothing"),
  ])
  func `says what is wrong with a URL`(url: String, message: String) {
    let error = #expect(throws: SSHAddress.Misfit.self) { try SSHAddress(url) }
    #expect(error?.message == message)
    #expect(error?.suggestion.contains("secret") == false)
  }
}
