/* A disk that fails on demand, between a program and its files whose paths begin with $EDGED_DISK_FILES: loaded with LD_PRELOAD.
 *
 * The first bytes of the file $EDGED_DISK_CONTROL say how it is now, and may change at any time: struct control below. What is written and
 * synced is noted in the file $EDGED_DISK_JOURNAL, if there is one, so that a power cut can be replayed; see power.py for its form. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WELL, FULL, READ_ONLY, BROKEN };
enum { WRITE = 'w', TRUNCATE = 't', SYNC = 's', UNLINK = 'u' };
#define MOST_FILES 4096
#define NAME_BYTES 32

struct control { uint32_t mode, delay_microseconds; };
struct entry { char kind, name[NAME_BYTES - 1]; int64_t offset, length; };

static const struct control well = {WELL, 0}, *control = &well;
static const char *files;
static int journal = -1;
static char names[MOST_FILES][NAME_BYTES - 1];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("EDGED_DISK_CONTROL"), *noted = getenv("EDGED_DISK_JOURNAL");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) control = mapped;
    if (noted) journal = open(noted, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    files = getenv("EDGED_DISK_FILES");
}

/* The end of a name after the common beginning; NULL for files that are not ours, and for SQLite's -shm, which is no file on a disk. */
static const char *ours(const char *path) {
    size_t length = files ? strlen(files) : 0;
    if (!length || strncmp(path, files, length) || strlen(path + length) >= NAME_BYTES - 1) return NULL;
    return strcmp(path + length, "-shm") && strcmp(path + length, "-daemon") ? path + length : NULL;
}

static const char *name_of(int fd) { return fd >= 0 && fd < MOST_FILES && names[fd][0] ? names[fd] + 1 : NULL; }

static void note(char kind, const char *name, int64_t offset, const void *data, int64_t length) {
    struct entry head = {.kind = kind, .offset = offset, .length = length};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)data, data ? (size_t)length : 0}};
    if (journal < 0) return;
    strncpy(head.name, name, sizeof head.name - 1);
    pthread_mutex_lock(&lock);
    if (writev(journal, parts, 2) < 0) abort();
    pthread_mutex_unlock(&lock);
}

static int refused(int fd, int64_t end) {
    struct stat found;
    if (control->delay_microseconds) usleep(control->delay_microseconds);
    if (control->mode == READ_ONLY) errno = EROFS;
    else if (control->mode == BROKEN) errno = EIO;
    else if (control->mode == FULL && !fstat(fd, &found) && end > found.st_size) errno = ENOSPC;
    else return 0;
    return 1;
}

static int opened(const char *path, int flags, int fd) {
    const char *name = ours(path);
    if (fd >= 0 && fd < MOST_FILES) {
        names[fd][0] = 0;
        if (name) names[fd][0] = '+', strcpy(names[fd] + 1, name);
    }
    if (fd >= 0 && name && flags & O_TRUNC) note(TRUNCATE, name, 0, NULL, 0);
    return fd;
}

static int forbidden(const char *path, int flags) {
    if (!ours(path) || control->mode != READ_ONLY || (flags & O_ACCMODE) == O_RDONLY) return 0;
    errno = EROFS;
    return 1;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return forbidden(path, flags) ? -1 : opened(path, flags, real(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < MOST_FILES) names[fd][0] = 0;
    return real(fd);
}

#define PWRITE(name, offset_type) \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) { \
        REAL(name); \
        const char *known = name_of(fd); \
        if (known && refused(fd, (int64_t)offset + (int64_t)length)) return -1; \
        ssize_t written = real(fd, data, length, offset); \
        if (known && written > 0) note(WRITE, known, offset, data, written); \
        return written; \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATED(name, offset_type) \
    int name(int fd, offset_type length) { \
        REAL(name); \
        const char *known = name_of(fd); \
        if (known && refused(fd, length)) return -1; \
        int failed = real(fd, length); \
        if (known && !failed) note(TRUNCATE, known, length, NULL, 0); \
        return failed; \
    }
TRUNCATED(ftruncate, off_t)
TRUNCATED(ftruncate64, off64_t)

#define SYNCED(name) \
    int name(int fd) { \
        REAL(name); \
        const char *known = name_of(fd); \
        if (known && refused(fd, 0)) return -1; \
        int failed = real(fd); \
        if (known && !failed) note(SYNC, known, 0, NULL, 0); \
        return failed; \
    }
SYNCED(fsync)
SYNCED(fdatasync)

int unlink(const char *path) {
    REAL(unlink);
    const char *known = ours(path);
    if (known && control->mode == READ_ONLY) return errno = EROFS, -1;
    int failed = real(path);
    if (known && !failed) note(UNLINK, known, 0, NULL, 0);
    return failed;
}
