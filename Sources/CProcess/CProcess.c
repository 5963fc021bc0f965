#define _GNU_SOURCE
#include "CProcess.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int chaos_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int chaos_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int chaos_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
