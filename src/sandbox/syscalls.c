#include "sandbox/syscalls.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * To add a row: what the loop needs and what can do no harm by itself. It was
 * found with strace over reading, reporting, recording and ending, with glibc
 * 2.36, with and without sanitizers; the names of other processors, of 32 bits
 * and of musl are here too. An unknown name is not a row of that processor.
 */
static const int harmless[] = {
    /* open descriptors */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
    SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(getdents64),
    SCMP_SYS(fstatfs), SCMP_SYS(fstatfs64),
    /* what a file is; never what is in it */
    SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(stat), SCMP_SYS(lstat),
    /* open sockets; sending to an address is below */
    SCMP_SYS(send), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    /* waiting */
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select),
    SCMP_SYS(_newselect), SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield), SCMP_SYS(futex), SCMP_SYS(futex_time64),
    /* time; mostly read without the kernel */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_settime64),
    /* memory; new mappings are below */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* signals to this process; sending is below */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
    SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4), SCMP_SYS(eventfd2),
    SCMP_SYS(pause),
    /* who and where this process is */
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage), SCMP_SYS(times), SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    /* the end */
    SCMP_SYS(exit), SCMP_SYS(exit_group)};

/* A call that is allowed when one argument, masked, has a value. */
struct condition {
    int call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
};

#define ALL_BITS UINT64_MAX

/* A descriptor, not AT_FDCWD: the kernel looks at 32 bits. */
#define NOT_NEGATIVE UINT64_C(0x80000000), 0

/* To add a row: as above, for what is only harmless in part. */
static const struct condition conditional[] = {
  /* no memory that is code */
    {SCMP_SYS(mmap),      2, PROT_EXEC, 0              },
    {SCMP_SYS(mmap2),     2, PROT_EXEC, 0              },
    {SCMP_SYS(mprotect),  2, PROT_EXEC, 0              },
 /* only where a socket is connected to already: no address */
    {SCMP_SYS(sendto),    4, ALL_BITS,  0              },
 /* limits are read, not set */
    {SCMP_SYS(prlimit64), 2, ALL_BITS,  0              },
    {SCMP_SYS(fcntl),     1, ALL_BITS,  F_GETFL        },
    {SCMP_SYS(fcntl),     1, ALL_BITS,  F_SETFL        },
    {SCMP_SYS(fcntl),     1, ALL_BITS,  F_GETFD        },
    {SCMP_SYS(fcntl),     1, ALL_BITS,  F_SETFD        },
    {SCMP_SYS(fcntl),     1, ALL_BITS,  F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl64),   1, ALL_BITS,  F_GETFL        },
    {SCMP_SYS(fcntl64),   1, ALL_BITS,  F_SETFL        },
    {SCMP_SYS(fcntl64),   1, ALL_BITS,  F_GETFD        },
    {SCMP_SYS(fcntl64),   1, ALL_BITS,  F_SETFD        },
    {SCMP_SYS(fcntl64),   1, ALL_BITS,  F_DUPFD_CLOEXEC},
 /* libpcap asks whether its interface is up; the rest is for terminals */
    {SCMP_SYS(ioctl),     1, ALL_BITS,  SIOCGIFFLAGS   },
    {SCMP_SYS(ioctl),     1, ALL_BITS,  SIOCGIFINDEX   },
    {SCMP_SYS(ioctl),     1, ALL_BITS,  SIOCGIFNAME    },
    {SCMP_SYS(ioctl),     1, ALL_BITS,  TCGETS         },
    {SCMP_SYS(ioctl),     1, ALL_BITS,  TIOCGWINSZ     },
};

/* SYSCALLS_FILES_BELOW; both folders of a renaming, in rows of their own. */
static const struct condition below[] = {
    {SCMP_SYS(openat),   0, NOT_NEGATIVE},
    {SCMP_SYS(unlinkat), 0, NOT_NEGATIVE},
};
static const int renaming[] = {SCMP_SYS(renameat), SCMP_SYS(renameat2)};

/* SYSCALLS_FILES_ANY */
static const int files_by_path[] = {SCMP_SYS(openat),   SCMP_SYS(open),
                                    SCMP_SYS(renameat), SCMP_SYS(rename),
                                    SCMP_SYS(unlink),   SCMP_SYS(unlinkat),
                                    SCMP_SYS(renameat2)};

/* What a packet socket sends by, and what gives it another number. */
static const int sending[] = {
    SCMP_SYS(write),    SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
    SCMP_SYS(send),     SCMP_SYS(sendto), SCMP_SYS(pwritev2), SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(dup),    SCMP_SYS(dup2),     SCMP_SYS(dup3)};
static const unsigned doubling[] = {F_DUPFD, F_DUPFD_CLOEXEC};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The first error stays, and the rows after it are skipped. */
struct rules {
    scmp_filter_ctx filter;
    int error;
};

static void allow(struct rules *rules, int call, unsigned conditions,
                  const struct scmp_arg_cmp *condition)
{
    if (rules->error)
        return;
    rules->error = seccomp_rule_add_array(rules->filter, SCMP_ACT_ALLOW, call,
                                          conditions, condition);
}

static void allow_all(struct rules *rules, const int call[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        allow(rules, call[i], 0, NULL);
}

static void allow_some(struct rules *rules, const struct condition row[],
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scmp_arg_cmp condition = {row[i].argument, SCMP_CMP_MASKED_EQ,
                                         row[i].mask, row[i].value};

        allow(rules, row[i].call, 1, &condition);
    }
}

/* abort() and a signal handler's own second signal. */
static void allow_signal_to_itself(struct rules *rules)
{
    struct scmp_arg_cmp itself = {0, SCMP_CMP_EQ, (uint64_t)getpid(), 0};

    allow(rules, SCMP_SYS(tgkill), 1, &itself);
    allow(rules, SCMP_SYS(kill), 1, &itself);
}

static void allow_files(struct rules *rules, enum syscalls_files files)
{
    const struct scmp_arg_cmp both[] = {
        {0, SCMP_CMP_MASKED_EQ, NOT_NEGATIVE},
        {2, SCMP_CMP_MASKED_EQ, NOT_NEGATIVE},
    };

    if (files == SYSCALLS_FILES_ANY)
        allow_all(rules, files_by_path, COUNT(files_by_path));
    if (files != SYSCALLS_FILES_BELOW)
        return;
    allow_some(rules, below, COUNT(below));
    for (size_t i = 0; i < COUNT(renaming); i++)
        allow(rules, renaming[i], COUNT(both), both);
}

static bool have_no_memory(struct fail *fail)
{
    return fail_set(fail, "no memory for a seccomp filter");
}

/* The kernel has it from here on; the rules are freed. */
static bool load(struct rules *rules, struct fail *fail)
{
    if (!rules->error)
        rules->error = seccomp_load(rules->filter);
    seccomp_release(rules->filter);
    return !rules->error || fail_set(fail, "cannot set a seccomp filter: %s",
                                     strerror(-rules->error));
}

/*
 * A filter of its own, of what is refused: of two filters the stricter answer
 * counts, and "any descriptor but that one" is no condition of one rule. The
 * kernel looks at 32 bits of a descriptor.
 */
static bool close_for_sending(int packet_socket, struct fail *fail)
{
    const struct scmp_arg_cmp that = {0, SCMP_CMP_MASKED_EQ, UINT32_MAX,
                                      (uint32_t)packet_socket};
    struct rules rules = {.filter = seccomp_init(SCMP_ACT_ALLOW)};

    if (!rules.filter)
        return have_no_memory(fail);
    for (size_t i = 0; i < COUNT(sending) && !rules.error; i++)
        rules.error =
            seccomp_rule_add_array(rules.filter, SCMP_ACT_ERRNO(EPERM),
                                   sending[i], 1, &that);
    for (size_t i = 0; i < 2 * COUNT(doubling) && !rules.error; i++) {
        const int call = i % 2 ? SCMP_SYS(fcntl) : SCMP_SYS(fcntl64);
        const struct scmp_arg_cmp both[] = {
            that, {1, SCMP_CMP_EQ, doubling[i / 2], 0}
        };

        rules.error =
            seccomp_rule_add_array(rules.filter, SCMP_ACT_ERRNO(EPERM), call, 2,
                                   both);
    }
    return load(&rules, fail);
}

bool syscalls_filter(enum syscalls_files files, int packet_socket,
                     bool *filtered, struct fail *fail)
{
    struct rules rules = {.filter = NULL};

    *filtered = false;
    if (prctl(PR_GET_SECCOMP) < 0)
        return true;
    if (packet_socket > 0 && !close_for_sending(packet_socket, fail))
        return false;
    rules.filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!rules.filter)
        return have_no_memory(fail);
    allow_all(&rules, harmless, COUNT(harmless));
    allow_some(&rules, conditional, COUNT(conditional));
    allow_signal_to_itself(&rules);
    allow_files(&rules, files);
    *filtered = load(&rules, fail);
    return *filtered;
}

#else

bool syscalls_filter(enum syscalls_files files, int packet_socket,
                     bool *filtered, struct fail *fail)
{
    (void)files;
    (void)packet_socket;
    (void)fail;
    *filtered = false;
    return true;
}

#endif
