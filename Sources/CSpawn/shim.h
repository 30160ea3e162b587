// GNU extensions around starting processes that the Glibc module leaves out, because it is built without _GNU_SOURCE.
#ifndef EVENKEEL_CSPAWN_SHIM_H
#define EVENKEEL_CSPAWN_SHIM_H

#include <spawn.h>
#include <sys/resource.h>
#include <sys/types.h>

// glibc 2.26: the child becomes the leader of a new session.
static const short EVENKEEL_SPAWN_SETSID = 0x80;

// glibc 2.29.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

// glibc 2.34.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// glibc 2.13, prlimit(2).
extern int prlimit(pid_t pid, int resource, const struct rlimit *new_limit, struct rlimit *old_limit);

#endif
