// What goes between a node and an engine in another process and Swift cannot say: memory that both see, and descriptors
// over a socket.

#ifndef CHAOS_CENGINE_H
#define CHAOS_CENGINE_H

#include <stddef.h>

/// A file in memory of this many bytes, all of them reserved and 0, whose size nobody can change any more: whoever maps it
/// can rely on every byte. Returns its descriptor and sets `*start` to a mapping for reading and writing, or -1 with errno.
int chaos_window_open(const char *name, size_t bytes, void **start);

/// From now on nobody can get another mapping of the file that may be written. Returns 0, or -1 with errno, as where the
/// kernel does not know how.
int chaos_window_protect(int descriptor);

/// Sends bytes over a stream socket, and with the first of them descriptors, at most 4. Does not wait and raises no signal.
/// Returns how many bytes were taken, the descriptors with them, or -1 with errno.
long chaos_send_with_descriptors(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count);

/// Receives bytes from a stream socket without waiting. Descriptors that come with them are closed. Returns how many, 0 at
/// the end, or -1 with errno.
long chaos_receive(int socket, void *bytes, size_t count);

#endif
