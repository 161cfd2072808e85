/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp filter (seccomp(2)): a list of system calls that fail with EPERM. All others pass, since what the
 * libraries below us call differs from version to version. The list has what turns a hole in a server into a
 * hold on the machine: starting programs, looking into other processes, mounts and namespaces, kernel
 * modules, the clock, other users' rights, kernel interfaces with a long record of faults. */
#include "confine.h"

#include <errno.h>
#include <stddef.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#if defined(ARCH) && !defined(HAS_SANITIZER)

static const int given_up[] = {
    /* programs and other processes */
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp,
    /* the tree of files, namespaces */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsconfig,
    SYS_fsmount, SYS_fspick, SYS_open_by_handle_at, SYS_mknodat, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_acct,
    /* the kernel and the machine */
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_bpf, SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_personality, SYS_fanotify_init, SYS_syslog,
    SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname,
    /* keys of the kernel, other users */
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid, SYS_setfsgid, SYS_setgroups, SYS_capset,
};

#define COUNT (sizeof given_up / sizeof given_up[0])
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define X32_BIT 0x40000000u /* of the x32 calls, which are other numbers for the same */

/* Offsets of jumps are bytes. */
_Static_assert(COUNT < 250, "the jumps of the filter reach its end");

/* load arch; not ours -> refuse; load number; x32 -> refuse; each number -> refuse; allow; refuse */
static size_t write_filter(struct sock_filter *out)
{
    size_t n = 0, refuse = 5 + COUNT;
    out[n++] = (struct sock_filter)LOAD(arch);
    out[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, (uint8_t)(refuse - n - 1));
    n++;
    out[n++] = (struct sock_filter)LOAD(nr);
    out[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, (uint8_t)(refuse - n - 1), 0);
    n++;
    for (size_t i = 0; i < COUNT; i++, n++)
        out[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)given_up[i],
                                              (uint8_t)(refuse - n - 1), 0);
    out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    return n;
}

mp_code mp_confine(mp_error *err)
{
    struct sock_filter filter[COUNT + 6];
    struct sock_fprog  program = { .len = (unsigned short)write_filter(filter), .filter = filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "the kernel takes no filter of system calls: %s",
                       strerror(errno));
    return MP_OK;
}

#else

mp_code mp_confine(mp_error *err)
{
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "this build cannot give up system calls");
}

#endif
