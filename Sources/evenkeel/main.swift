import ArgumentParser
import GitSource
import Glibc

// The network worker comes first: it must start fast, and it has a command line of its own.
if CommandLine.arguments.dropFirst().first == "git-worker" {
  exit(NetworkWorker.run())
}
await Evenkeel.main()
