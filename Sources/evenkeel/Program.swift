import ArgumentParser
import GitSource
import Glibc

@main
enum Program {
  static func main() async {
    // The network worker comes first: it must start fast, and it has a command line of its own.
    if CommandLine.arguments.dropFirst().first == "git-worker" {
      exit(NetworkWorker.run())
    }
    await Evenkeel.main()
  }
}
