// What Swift's Glibc module leaves out around processes: GNU extensions, because it is built without _GNU_SOURCE;
// functions with variable arguments; and fork.
#ifndef EVENKEEL_CSPAWN_SHIM_H
#define EVENKEEL_CSPAWN_SHIM_H

#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

// glibc 2.26: the child becomes the leader of a new session.
static const short EVENKEEL_SPAWN_SETSID = 0x80;

// glibc 2.29.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

// glibc 2.34.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// glibc 2.13, prlimit(2).
extern int prlimit(pid_t pid, int resource, const struct rlimit *new_limit, struct rlimit *old_limit);

// glibc 2.27, memfd_create(2). 1 is MFD_CLOEXEC.
extern int memfd_create(const char *name, unsigned int flags);
static const unsigned int EVENKEEL_MFD_CLOEXEC = 1;

// Gives pages of the heap that are free back to the system; glibc by itself keeps most of them.
static inline void evenkeel_trim_heap(void) { malloc_trim(0); }

// No core file, and no look into the memory for other processes of the same user.
static inline int evenkeel_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Starts a child that is killed when the thread that started it ends, however it ends; posix_spawn cannot ask for
// that. The descriptors become its standard input, output and error; the others must close on exec.
static inline pid_t evenkeel_spawn_bound(
    const char *path, char *const arguments[], char *const environment[], int input, int output, int error) {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child != 0) return child;
  int bound = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (bound == 0 && getppid() == parent && dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(error, 2) == 2)
    execve(path, arguments, environment);
  _exit(127);
}

#endif
