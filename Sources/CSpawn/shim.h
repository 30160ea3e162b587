// The GNU extensions of posix_spawn(3) that the Glibc module leaves out, because it is built without _GNU_SOURCE.
#ifndef EVENKEEL_CSPAWN_SHIM_H
#define EVENKEEL_CSPAWN_SHIM_H

#include <spawn.h>

// glibc 2.26: the child becomes the leader of a new session.
static const short EVENKEEL_SPAWN_SETSID = 0x80;

// glibc 2.29.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

// glibc 2.34.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#endif
