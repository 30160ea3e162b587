import FoundationEssentials

/// People who all write to one branch of a server at the same time, each with a clone and a file of their own: commit,
/// push, and when somebody else was faster, rebase and push again, without a pause. They stop in the end: on a machine with
/// much else to do, whoever is slowest would else never have a turn.
package struct Crowd: Sendable {
  /// What Git needs to reach the server.
  package struct Access: Sendable {
    package var url: String
    /// The certificate of the authority that vouches for it.
    package var authority: String
    package var token: String

    package init(url: String, authority: String, token: String) {
      self.url = url
      self.authority = authority
      self.token = token
    }

    /// For `git` on the command line.
    package var environment: [String: String] {
      let credentials = Data("robot:\(token)".utf8).base64EncodedString()
      return [
        "GIT_SSL_CAINFO": authority, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": "Authorization: Basic \(credentials)",
      ]
    }
  }

  private let folder: String
  private let remote: GitRemote
  private let environment: [String: String]
  private let count: Int
  private let turns: Int

  /// Makes the clones.
  ///
  /// - Parameters:
  ///   - turns: How many commits each of them makes at most while it writes.
  ///   - folder: A new one, for all that the crowd has.
  package init(
    of count: Int, on remote: GitRemote, through access: Access, turns: Int = 15, in folder: String
  ) async throws {
    self.folder = folder
    self.remote = remote
    self.count = count
    self.turns = turns
    environment = access.environment.merging([
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "A writer", "GIT_AUTHOR_EMAIL": "writer@example.com",
      "GIT_COMMITTER_NAME": "A writer", "GIT_COMMITTER_EMAIL": "writer@example.com",
    ]) { $1 }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try TestSupport.write(Self.script, to: folder + "/crowd.sh")
    try await runScript("clone", access.url)
  }

  /// Has everybody write while `body` runs.
  package func write<Result: Sendable>(while body: @Sendable () async throws -> Result) async throws -> Result
  {
    try? FileManager.default.removeItem(atPath: folder + "/stop")
    async let writing: Void = runScript("write")
    do {
      let result = try await body()
      try TestSupport.write("", to: folder + "/stop")
      try await writing
      return result
    } catch {
      try TestSupport.write("", to: folder + "/stop")
      throw error
    }
  }

  /// How many pushes the server has accepted from them.
  package var accepted: Int { claims.count }

  /// The commits whose push the server accepted and that are not on the branch.
  package func lost() async throws -> [String] {
    let history = Set(
      try await remote.bare("log", "--format=%H", "main").split(separator: "\n").map(String.init))
    return claims.filter { !history.contains($0) }
  }

  private var claims: [String] {
    (1...count).flatMap { number in
      let data = FileManager.default.contents(atPath: "\(folder)/\(number).accepted") ?? Data()
      return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  private func runScript(_ what: String, _ url: String = "") async throws {
    let result = try await run(
      "sh", [folder + "/crowd.sh", what, String(count), String(turns), url], environment: environment,
      in: folder)
    guard result.status == 0 else {
      throw GitCommand.Failure(description: "the crowd cannot \(what): \(result.errors.suffix(2000))")
    }
  }

  private static let script = """
    write() {
      cd "$1" || exit 1
      turn=0
      until [ -e ../stop ] || [ $turn -eq $2 ]; do
        turn=$((turn + 1))
        date +%s.%N > "written-by-$1"
        git add . && git commit --quiet --message "Writer $1 writes $turn" || exit 1
        until git push --quiet origin HEAD:main 2> ../$1.refusal; do
          [ -e ../stop ] && exit 0
          git pull --quiet --rebase origin main || exit 1
        done
        git rev-parse HEAD >> ../$1.accepted
      done
    }
    case $1 in
      clone) for writer in $(seq $2); do git clone --quiet --no-hardlinks "$4" $writer || exit 1; done ;;
      write) for writer in $(seq $2); do write $writer $3 & done; wait ;;
    esac
    """
}
