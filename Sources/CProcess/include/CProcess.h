// The few calls of glibc that its module map does not give to Swift, because they are hidden behind _GNU_SOURCE.

#ifndef CHAOS_CPROCESS_H
#define CHAOS_CPROCESS_H

#include <spawn.h>

/// A pipe whose ends no child inherits: atomically, so that two threads may start processes at once.
/// Returns 0, or -1 with errno.
int chaos_pipe(int ends[2]);

/// An empty file in memory that no child inherits. Returns its descriptor, or -1 with errno.
int chaos_memory_file(const char *name);

/// Closes all descriptors from `first` on in the child. Returns 0 or an error number.
int chaos_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

#endif
