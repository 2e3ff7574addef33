// Shifts CLOCK_REALTIME and the kernel's receive stamps by the nanoseconds in the file STEP_FILE, which may change any time. For LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t none;
static const _Atomic int64_t* step_ns = &none;

__attribute__((constructor)) static void open_step_file(void) {
    const char* path = getenv("STEP_FILE");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void* at = mmap(NULL, sizeof *step_ns, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) step_ns = at;
}

static void add(struct timespec* time, int64_t shift_ns) {
    const int64_t ns = time->tv_nsec + shift_ns % 1000000000;
    time->tv_sec += shift_ns / 1000000000 + (ns >= 1000000000) - (ns < 0);
    time->tv_nsec = ns + 1000000000 * ((ns < 0) - (ns >= 1000000000));
}

int clock_gettime(clockid_t clock, struct timespec* time) {
    static int (*next)(clockid_t, struct timespec*);
    if (!next) next = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
    const int result = next(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) add(time, atomic_load(step_ns));
    return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t* result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

// What arrives first after a step was stamped before it: the stamp has the shift of the last look.
ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
    static ssize_t (*next)(int, struct msghdr*, int);
    static _Thread_local int64_t seen_ns;
    if (!next) next = (ssize_t(*)(int, struct msghdr*, int))dlsym(RTLD_NEXT, "recvmsg");
    const ssize_t result = next(fd, message, flags);
    if (result < 0) return result;
    for (struct cmsghdr* head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec stamp;
        memcpy(&stamp, CMSG_DATA(head), sizeof stamp);
        add(&stamp, seen_ns);
        memcpy(CMSG_DATA(head), &stamp, sizeof stamp);
        seen_ns = atomic_load(step_ns);
    }
    return result;
}
