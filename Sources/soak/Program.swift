import ArgumentParser
import GitSource
import Glibc

@main
enum Program {
  static func main() async {
    // As in the agent: the network worker is this very executable.
    if CommandLine.arguments.dropFirst().first == "git-worker" { exit(NetworkWorker.run()) }
    await Soak.main()
  }
}
