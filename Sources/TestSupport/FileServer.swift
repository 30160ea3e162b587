import Subprocess

/// Python's own HTTP server on 127.0.0.1, for a folder.
package enum FileServer {
  /// Serves the files in `folder` while `body` runs, which gets the URL of the folder.
  package static func serve<Result: Sendable>(
    _ folder: String, _ body: (String) async throws -> Result
  ) async throws -> Result {
    // The server ends when its standard input does: when `body` has ended, or this process has died.
    let result = try await Subprocess.run(
      .name("python3"), arguments: ["-c", script, folder], input: .inputWriter, output: .sequence,
      error: .discarded
    ) { execution in
      for try await line in execution.standardOutput.strings() {
        guard let port = Int(line.filter(\.isNumber)) else { break }
        return try await body("http://127.0.0.1:\(port)")
      }
      throw GitCommand.Failure(description: "the file server did not start")
    }
    return result.closureResult
  }

  private static let script = """
    import functools, http.server, os, sys, threading
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """
}
