#include <git2.h>
#include <git2/sys/transport.h>

/* git_libgit2_opts is variadic, which Swift cannot call: one plain function for each option that is used. */

static inline int evenkeel_git_set_config_search_path(int level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int evenkeel_git_set_owner_validation(int enabled) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int evenkeel_git_set_cache_limit(ssize_t bytes) {
  return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes);
}

static inline int evenkeel_git_set_certificates(const char *file) {
  return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL);
}

/* libgit2 hands these back by the address of their first member. */
typedef struct {
  git_smart_subtransport base;
  void *owner;
} evenkeel_git_subtransport;

typedef struct {
  git_smart_subtransport_stream base;
  void *owner;
} evenkeel_git_stream;
