#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int chaos_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int chaos_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int chaos_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// The process groups that live, 0 where there is none: a table that a signal handler may read.
enum { most_groups = 4096 };
static _Atomic pid_t groups[most_groups];
// How many threads are between the start of a child and its entry in the table.
static atomic_int starting;
// Set once this process is about to end by a signal: from then on nothing is started.
static atomic_int ending;

static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
enum { deadly_count = sizeof deadly / sizeof deadly[0] };

static void end_groups(int signal_number) {
    atomic_store(&ending, 1);
    // Threads that start a child block these signals, so the one that this handler interrupts is none of them.
    while (atomic_load(&starting) > 0) {
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    for (int k = 0; k < most_groups; k++) {
        pid_t group = atomic_load(&groups[k]);
        if (group > 0) kill(-group, SIGKILL);
    }
    // Ends this process once the handler returns and the signal is no longer blocked.
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void install_handlers(void) {
    for (int k = 0; k < deadly_count; k++) {
        struct sigaction action;
        // A signal that is ignored, as under nohup, stays so, and somebody else's handler stays in place.
        if (sigaction(deadly[k], NULL, &action) != 0 || action.sa_handler != SIG_DFL) continue;
        action.sa_handler = end_groups;
        action.sa_flags = 0;
        sigfillset(&action.sa_mask);
        sigaction(deadly[k], &action, NULL);
    }
}

static int enter(pid_t group) {
    for (int k = 0; k < most_groups; k++) {
        pid_t none = 0;
        if (atomic_compare_exchange_strong(&groups[k], &none, group)) return 1;
    }
    return 0;
}

static void begin_starting(sigset_t *before) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_handlers);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (int k = 0; k < deadly_count; k++) sigaddset(&blocked, deadly[k]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
    atomic_fetch_add(&starting, 1);
}

// Returns `code`, or what keeps the child from being entered into the table.
static int end_starting(int code, pid_t process, const sigset_t *before) {
    if (code == 0 && !enter(process)) {
        kill(-process, SIGKILL);
        chaos_reap_group(process);
        code = EAGAIN;
    }
    atomic_fetch_sub(&starting, 1);
    pthread_sigmask(SIG_SETMASK, before, NULL);
    return code;
}

int chaos_spawn_group(
    pid_t *process, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
    char *const arguments[], char *const environment[]) {
    sigset_t before;
    begin_starting(&before);
    int code = ECANCELED;
    if (!atomic_load(&ending)) code = posix_spawn(process, path, actions, attributes, arguments, environment);
    return end_starting(code, *process, &before);
}

// What a child does between fork and exec: only calls that are safe after a fork among threads.
static void become(const char *path, char *const arguments[], int output, int report, pid_t parent) {
    sigset_t none;
    setpgid(0, 0);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    int input = open("/dev/null", O_RDONLY);
    if (input >= 0 && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0 &&
        prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) {
        // The parent may have ended before it could be asked for.
        if (getppid() != parent) _exit(127);
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
        sigemptyset(&none);
        pthread_sigmask(SIG_SETMASK, &none, NULL);
        execv(path, arguments);
    }
    int code = errno;
    if (write(report, &code, sizeof code) < 0) {}
    _exit(127);
}

int chaos_start_bound(pid_t *process, const char *path, char *const arguments[], int output) {
    sigset_t before;
    int ends[2];
    if (chaos_pipe(ends) != 0) return errno;
    // Where this process has closed a standard stream, its number is given out again, and would be in the way.
    int report = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
    close(ends[1]);
    if (report < 0) {
        close(ends[0]);
        return EMFILE;
    }
    begin_starting(&before);
    int code = ECANCELED;
    if (!atomic_load(&ending)) {
        pid_t parent = getpid();
        *process = fork();
        if (*process == 0) become(path, arguments, output, report, parent);
        code = *process < 0 ? errno : 0;
    }
    close(report);
    if (code == 0) {
        // By both, so that neither is too late; closed without a word once the program runs.
        setpgid(*process, *process);
        int failure = 0;
        ssize_t count;
        do count = read(ends[0], &failure, sizeof failure);
        while (count < 0 && errno == EINTR);
        if (count == sizeof failure) {
            chaos_reap_group(*process);
            code = failure;
        }
    }
    close(ends[0]);
    return end_starting(code, code == 0 ? *process : 0, &before);
}

int chaos_reap_group(pid_t process) {
    for (int k = 0; k < most_groups; k++) {
        pid_t group = process;
        if (atomic_compare_exchange_strong(&groups[k], &group, 0)) break;
    }
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    return status;
}
