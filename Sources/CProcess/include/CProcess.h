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

/// As posix_spawn, for a child with a process group of its own, which does not outlive this process: a signal that ends
/// this process (SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, where they are neither ignored nor handled otherwise) ends
/// all such groups first. At most 4096 at once. The group must be given up by chaos_reap_group.
int chaos_spawn_group(
    pid_t *process, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
    char *const arguments[], char *const environment[]);

/// Starts a program that runs beside this one, with a process group of its own: it reads nothing, writes both of its
/// outputs to `output`, inherits the environment and no other descriptor, and ends with the groups of chaos_spawn_group.
/// The kernel kills it as soon as the calling thread has ended, however that came. Returns 0, or an error number.
int chaos_start_bound(pid_t *process, const char *path, char *const arguments[], int output);

/// Waits for the end of a child of chaos_spawn_group or chaos_start_bound, takes it away and returns its status. Its number may then be
/// given out again, so its group is no longer ended with this process.
int chaos_reap_group(pid_t process);

#endif
