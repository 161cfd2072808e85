/* SPDX-License-Identifier: Apache-2.0 */
/* Whole machines below a root: what is known of them, and what hostile ones cannot do. */
#include "made_root.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <unistd.h>

#include "buf.h"
#include "fits.h"
#include "test.h"

#define NOW "2026-11-22T09:00:00Z"

static mp_arena          arena = MP_ARENA_INIT;
static mp_machine_report report;

static const mp_json *read_machine(const made_root *root)
{
    mp_machine_options options = { .root = root->path };
    mp_error           err = { .code = MP_OK };
    mp_code            code = mp_machine_read(&report, &options, &arena, &err);
    if (code != MP_OK)
        fail_msg("%s", err.message);
    return mp_json_get(report.document, MP_S("properties"));
}

static void check_member(const mp_json *properties, const char *member, const char *wanted)
{
    mp_buf         found = MP_BUF_INIT;
    mp_json_doc   *doc;
    const mp_json *fits, *v = mp_json_get(properties, mp_str_from(member));
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &fits, mp_str_from(wanted), NULL, NULL, NULL), MP_OK);
    if (v)
        mp_buf_add_json(&found, v);
    mp_str shown = v ? mp_buf_str(&found) : MP_S("absent");
    if (!json_fits(fits, v))
        fail_msg("%s is %.*s, wanted %s", member, MP_FMT(shown), wanted);
    mp_buf_free(&found);
    mp_json_doc_free(doc);
}

static bool has_gap(const char *member, const char *reason)
{
    for (size_t i = 0; i < report.gap_count; i++)
        if (mp_str_eq(report.gaps[i].member, mp_str_from(member)))
            return mp_str_eq(report.gaps[i].reason, mp_str_from(reason));
    return false;
}

TEST(a_debian_server_is_described)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    const mp_json *p = read_machine(&root);
    CHECK_STR(mp_json_str(mp_json_get(report.document, MP_S("id"))), "/hosts/web-01");
    check_member(p, "operatingSystem", "{\"id\":\"debian\",\"version\":\"12\",\"codename\":\"bookworm\",\"supportedUntil\":\"2028-06-30\"}");
    check_member(p, "packages", "[{\"name\":\"openssl\",\"version\":\"3.0.15-1\",\"origin\":\"Debian\",\"update\":\"3.0.15-1+deb12u1\",\"isSecurityUpdate\":true},"
                                "{\"name\":\"unattended-upgrades\",\"version\":\"2.9\",\"origin\":null,\"update\":null,\"isSecurityUpdate\":false}]");
    check_member(p, "updates", "{\"automatic\":true,\"securityPending\":1,\"oldestSecurityDays\":null}");
    CHECK(has_gap("updates.oldestSecurityDays", "notRecorded") && has_gap("updates.rebootRequired", "notRunning"));
    check_member(p, "passwordRules", "{\"minimumLength\":10,\"minimumClasses\":3,\"history\":5,\"lockAfter\":5,\"maximumDays\":90,\"minimumDays\":1,\"hashMethod\":\"yescrypt\"}");
    check_member(p, "logging", "{\"forwardsTo\":[\"tcp://log.haneul.example:6514\"],\"auditd\":false,\"journalPersistent\":true}");
    check_member(p, "sshdMatches", "[{\"match\":\"Address 10.0.0.0/8\",\"name\":\"x11forwarding\",\"value\":\"yes\"},{\"match\":\"User deploy\",\"name\":\"passwordauthentication\",\"value\":\"yes\"}]");
    CHECK(has_gap("listening", "notRunning") && has_gap("sysctl", "notRunning") && has_gap("clock", "notRunning"));
    CHECK(!mp_json_get(p, MP_S("listening")) && !mp_json_get(p, MP_S("clock")));
    made_root_free(&root);
    mp_arena_free(&arena);
}

static const mp_json *entry(const mp_json *list, const char *name)
{
    for (MP_JSON_EACH(one, list))
        if (mp_str_eq(mp_json_str(mp_json_get(one, MP_S("name"))), mp_str_from(name)))
            return one;
    return NULL;
}

static bool says(const mp_json *object, const char *member, bool wanted)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_BOOL) && (v->u.integer != 0) == wanted;
}

TEST(accounts_services_and_ssh)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    const mp_json *p = read_machine(&root), *users = mp_json_get(p, MP_S("users")), *services = mp_json_get(p, MP_S("services"));
    const mp_json *kim = entry(users, "kim.jiwoo"), *park = entry(users, "park"), *old = entry(users, "old"), *sshd = entry(users, "sshd");
    CHECK_INT(users->count, 5);
    CHECK(says(kim, "canLogIn", true) && says(kim, "hasPassword", true) && says(kim, "isLocked", false));
    check_member(kim, "passwordExpiresAt", "\"2026-02-06T00:00:00Z\""); /* 20400 + 90 days */
    check_member(kim, "groups", "[\"kim.jiwoo\",\"sudo\",\"users\"]");
    CHECK(says(park, "canLogIn", false) && says(park, "hasPassword", false) && says(park, "isLocked", false)); /* it expired */
    CHECK(says(old, "canLogIn", true) && says(old, "hasPassword", false) && says(old, "isLocked", false));
    CHECK(says(sshd, "canLogIn", false) && says(sshd, "hasPassword", false) && says(sshd, "isLocked", true));
    CHECK(has_gap("users[*].lastLogInAt", "missing") && !mp_json_get(kim, MP_S("lastLogInAt")));
    CHECK(says(entry(services, "ssh"), "isEnabled", true) && says(entry(services, "ssh"), "isActive", false));
    CHECK(says(entry(services, "sshd"), "isEnabled", true) && says(entry(services, "cups"), "isEnabled", false));
    CHECK(says(entry(services, "telnet.socket"), "isEnabled", false));
    check_member(entry(mp_json_get(p, MP_S("sshd")), "permitrootlogin"), "value", "\"no\"");
    check_member(entry(mp_json_get(p, MP_S("sshd")), "maxauthtries"), "value", "\"6\"");
    made_root_free(&root);
    mp_arena_free(&arena);
}

/* PAM asks /etc/shadow only where passwd says "x". */
TEST(what_passwd_says_itself_counts)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    made_root_file(&root, "etc/passwd", "open::1001:1001::/:/bin/bash\nshut:x:1002:1002::/:/bin/bash\nold:$y$j9T$notarealhashvalue$x:1003:1003::/:/bin/bash\n");
    made_root_file(&root, "etc/shadow", "open:!:19700:0:99999:7:::\nshut:!:19700:0:99999:7:::\nold:!:19700:0:99999:7:::\n");
    const mp_json *users = mp_json_get(read_machine(&root), MP_S("users"));
    CHECK(says(entry(users, "open"), "isLocked", false) && says(entry(users, "open"), "hasPassword", false));
    CHECK(says(entry(users, "shut"), "isLocked", true));
    CHECK(says(entry(users, "old"), "isLocked", false) && says(entry(users, "old"), "hasPassword", true));
    made_root_free(&root);
    mp_arena_free(&arena);
}

/* Credits of pam_pwquality: below 0 they ask for a kind of character, above 0 they make the length shorter. */
TEST(rules_of_pwquality)
{
    static const struct {
        const char *arguments, *file, *wanted;
    } cases[] = {
        { "", "minlen = 14\ndcredit = -1\nucredit = -1\nlcredit = -1\nocredit = -1\n", "{\"minimumLength\":14,\"minimumClasses\":4}" },
        { "dcredit=-1 ocredit=-2", "minclass = 1\n", "{\"minimumLength\":8,\"minimumClasses\":2}" },
        { "minclass=3", "dcredit = -1 # one\n", "{\"minimumLength\":8,\"minimumClasses\":3}" },
        { "", "minlen = 10\ndcredit = 1\nlcredit = 2\n", "{\"minimumLength\":7,\"minimumClasses\":0}" },
        { "dcredit=-1", "minlen = 10\ndcredit = 5\n", "{\"minimumLength\":10,\"minimumClasses\":1}" },
        { "", "minlen = 10\nminclass = 3\nenforcing = 0\n", "{\"minimumLength\":null,\"minimumClasses\":null}" },
        { "enforcing=1", "minlen = 10\nenforcing = 0\n", "{\"minimumLength\":10,\"minimumClasses\":0}" },
        { "minlen=4", "dcredit = 9\n", "{\"minimumLength\":0,\"minimumClasses\":0}" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        made_root root;
        made_root_new(&root);
        made_root_debian(&root);
        made_root_file(&root, "etc/pam.d/common-password", mp_arena_printf(&arena, "password requisite pam_pwquality.so %s\n", cases[i].arguments).ptr);
        made_root_file(&root, "etc/security/pwquality.conf", cases[i].file);
        check_member(read_machine(&root), "passwordRules", cases[i].wanted);
        made_root_free(&root);
        mp_arena_free(&arena);
    }
}

TEST(old_passwords_that_are_remembered)
{
    static const struct {
        const char *rules, *wanted;
    } cases[] = {
        { "password sufficient pam_unix.so sha512 remember=7\n", "{\"history\":7}" },
        { "password required pam_pwhistory.so remember=4\npassword sufficient pam_unix.so remember=7\n", "{\"history\":4}" },
        { "password required pam_pwhistory.so\n", "{\"history\":10}" },
        { "password sufficient pam_unix.so sha512\n", "{\"history\":null}" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        made_root root;
        made_root_new(&root);
        made_root_debian(&root);
        made_root_file(&root, "etc/pam.d/common-password", cases[i].rules);
        check_member(read_machine(&root), "passwordRules", cases[i].wanted);
        made_root_free(&root);
        mp_arena_free(&arena);
    }
}

/* Whatever a file holds that is nobody's business. */
TEST(nothing_secret_leaves)
{
    made_root root;
    mp_buf    text = MP_BUF_INIT;
    made_root_new(&root);
    made_root_debian(&root);
    made_root_file(&root, "etc/sudoers", "kim.jiwoo ALL=(ALL) SECRETWORD\n");
    read_machine(&root);
    mp_buf_add_json(&text, report.document);
    CHECK(mp_str_find_str(mp_buf_str(&text), MP_S("notarealhash")) == SIZE_MAX);
    CHECK(mp_str_find_str(mp_buf_str(&text), MP_S("$y$")) == SIZE_MAX);
    CHECK(mp_str_find_str(mp_buf_str(&text), MP_S("SECRETWORD")) == SIZE_MAX);
    CHECK(mp_str_find_str(mp_buf_str(&text), MP_S("010-0000")) == SIZE_MAX);
    mp_buf_free(&text);
    made_root_free(&root);
    mp_arena_free(&arena);
}

TEST(what_is_missing_is_unknown_and_not_empty)
{
    made_root root;
    made_root_new(&root);
    made_root_file(&root, "etc/hostname", "bare\n");
    made_root_file(&root, "etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    made_root_file(&root, "etc/group", "root:x:0:\n");
    const mp_json *p = read_machine(&root);
    static const char *const unknown[] = { "users", "packages", "updates", "services", "sysctl", "kernelModules", "listening", "mounts",
                                           "clock", "firewall", "passwordRules" };
    for (size_t i = 0; i < MP_COUNT(unknown); i++)
        if (mp_json_get(p, mp_str_from(unknown[i])))
            fail_msg("%s is there", unknown[i]);
    CHECK_INT(mp_json_get(p, MP_S("unknown"))->count, report.gap_count);
    CHECK(has_gap("users", "missing"));
    check_member(p, "sshd", "[]"); /* no server at all */
    check_member(p, "files", "[{\"path\":\"/etc/passwd\",\"mode\":\"0644\"},{\"path\":\"/etc/group\"}]");
    made_root_free(&root);
    mp_arena_free(&arena);
}

TEST(old_lists_say_nothing)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    mp_machine_options options = { .root = root.path };
    options.now = mp_clock_now() + 8 * MP_TICKS_PER_DAY;
    CHECK_INT(mp_machine_read(&report, &options, &arena, NULL), MP_OK);
    const mp_json *p = mp_json_get(report.document, MP_S("properties"));
    CHECK(has_gap("updates.securityPending", "stale"));
    CHECK(!mp_json_get(mp_json_get(p, MP_S("updates")), MP_S("securityPending")));
    CHECK(!mp_json_get(mp_json_at(mp_json_get(p, MP_S("packages")), 0), MP_S("update")));
    made_root_free(&root);
    mp_arena_free(&arena);
}

#define SECURITY_LIST "var/lib/apt/lists/sec.example_dists_bookworm-security_main_binary-amd64_Packages"

/* The list of security updates as another program packs it, in place of the plain one. */
static void pack_security_list(const made_root *root, const char *ending, size_t cut)
{
    static const char     text[] = "Package: openssl\nVersion: 3.0.15-1+deb12u1\nArchitecture: amd64\n";
    char                  packed[65536], path[256];
    size_t                len = 0;
    struct archive       *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    bool                  is_lz4 = strcmp(ending, ".lz4") == 0;
    CHECK_INT(archive_write_set_format_raw(a), ARCHIVE_OK);
    CHECK_INT(is_lz4 ? archive_write_add_filter_lz4(a) : archive_write_add_filter_xz(a), ARCHIVE_OK);
    CHECK_INT(archive_write_open_memory(a, packed, sizeof packed, &len), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "list");
    archive_entry_set_filetype(entry, AE_IFREG);
    CHECK_INT(archive_write_header(a, entry), ARCHIVE_OK);
    CHECK_INT(archive_write_data(a, text, sizeof text - 1), sizeof text - 1);
    CHECK_INT(archive_write_close(a), ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(a);
    (void)unlink(mp_arena_printf(&arena, "%s/" SECURITY_LIST, root->path).ptr);
    snprintf(path, sizeof path, SECURITY_LIST "%s", ending);
    made_root_bytes(root, path, mp_str_of(packed, len - cut));
}

TEST(lists_that_apt_keeps_compressed)
{
    static const char *const endings[] = { ".lz4", ".xz" };
    for (size_t i = 0; i < MP_COUNT(endings); i++) {
        made_root root;
        made_root_new(&root);
        made_root_debian(&root);
        pack_security_list(&root, endings[i], 0);
        check_member(read_machine(&root), "updates", "{\"automatic\":true,\"securityPending\":1,\"oldestSecurityDays\":null}");
        pack_security_list(&root, endings[i], 30); /* the end is missing */
        check_member(read_machine(&root), "updates", "{\"automatic\":true}");
        CHECK(has_gap("updates.securityPending", "unreadable"));
        made_root_free(&root);
        mp_arena_free(&arena);
    }
}

/* What is not read says nothing: half of what is known would be a wrong answer. */
TEST(lists_that_are_not_what_they_are_called)
{
    static const char *const endings[] = { ".lz4", ".xz", ".bz2", ".lzma" };
    for (size_t i = 0; i < MP_COUNT(endings); i++) {
        made_root root;
        char      path[256];
        made_root_new(&root);
        made_root_debian(&root);
        snprintf(path, sizeof path, SECURITY_LIST "%s", endings[i]);
        made_root_file(&root, path, "Package: openssl\nVersion: 9\nArchitecture: amd64\n");
        check_member(read_machine(&root), "updates", "{\"automatic\":true}");
        CHECK(has_gap("updates.securityPending", "unreadable") && has_gap("packages[*].update", "unreadable"));
        made_root_free(&root);
        mp_arena_free(&arena);
    }
}

TEST(until_when_a_release_is_cared_for)
{
    static const struct {
        const char *release, *wanted;
    } cases[] = {
        { "ID=ubuntu\nVERSION_ID=\"22.04\"\n", "{\"id\":\"ubuntu\",\"version\":\"22.04\",\"supportedUntil\":\"2027-06-01\"}" },
        { "ID=\"almalinux\"\nVERSION_ID=\"8.10\"\nSUPPORT_END=2029-06-01\n", "{\"supportedUntil\":\"2029-03-01\"}" },
        { "ID=fedora\nVERSION_ID=42\nSUPPORT_END=2026-05-13\n", "{\"supportedUntil\":\"2026-05-13\"}" },
        { "ID=fedora\nVERSION_ID=42\nSUPPORT_END=later\n", "{\"supportedUntil\":null}" },
        { "ID=ubuntu\nVERSION_ID=2\n", "{\"supportedUntil\":null}" },
    };
    made_root root;
    made_root_new(&root);
    made_root_file(&root, "etc/hostname", "bare\n");
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        made_root_file(&root, "etc/os-release", cases[i].release);
        check_member(read_machine(&root), "operatingSystem", cases[i].wanted);
    }
    made_root_free(&root);
    mp_arena_free(&arena);
}

/* ---- hostile ones ---- */

TEST(links_stay_within_the_root)
{
    made_root root, other;
    made_root_new(&root);
    made_root_new(&other);
    made_root_debian(&root);
    made_root_file(&other, "os-release", "ID=outside\nVERSION_ID=1\n");
    char target[256];
    snprintf(target, sizeof target, "../../../../../../../../..%s/os-release", other.path);
    made_root_link(&root, "etc/os-release", target);
    unlink(mp_arena_printf(&arena, "%s/usr/lib/os-release", root.path).ptr);
    made_root_link(&root, "etc/group", "/etc/group2");
    made_root_link(&root, "etc/group2", "/etc/group"); /* a loop */
    const mp_json *p = read_machine(&root);
    CHECK(!mp_json_get(mp_json_get(p, MP_S("operatingSystem")), MP_S("id")));
    CHECK(has_gap("operatingSystem.id", "missing") && has_gap("users", "unreadable"));
    made_root_free(&root);
    made_root_free(&other);
    mp_arena_free(&arena);
}

TEST(pipes_folders_and_huge_files)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    size_t len = (5 << 20);
    char  *bytes = malloc(len);
    CHECK(bytes != NULL);
    memset(bytes, 'x', len);
    made_root_pipe(&root, "etc/shadow");
    made_root_bytes(&root, "etc/ssh/sshd_config", mp_str_of(bytes, len));
    made_root_file(&root, "etc/pam.d/system-auth/x", "");
    free(bytes);
    const mp_json *p = read_machine(&root);
    CHECK(has_gap("users", "notAFile") && has_gap("sshd", "tooLong") && has_gap("passwordRules", "notAFile"));
    CHECK(!mp_json_get(p, MP_S("users")) && !mp_json_get(p, MP_S("sshd")));
    made_root_free(&root);
    mp_arena_free(&arena);
}

TEST(bytes_that_are_no_text)
{
    static const char bytes[] = "\xff\xfe:\0:\x80:\n\n::::::\n:\n\xf0\x9f:x:1:1:::\n\0\0\0";
    static const char *const files[] = { "etc/passwd", "etc/shadow", "etc/group", "etc/os-release", "etc/ssh/sshd_config", "etc/login.defs",
                                         "etc/pam.d/common-password", "var/lib/dpkg/status", "etc/rsyslog.conf",
                                         "var/lib/apt/lists/deb.example_dists_bookworm_main_binary-amd64_Packages",
                                         "etc/apt/apt.conf.d/20auto-upgrades", "proc/stat", "proc/modules", "proc/1/net/tcp", "proc/1/net/tcp6",
                                         "proc/1/net/udp", "proc/1/net/udp6", "proc/1/mountinfo", "proc/1/cgroup", "var/log/lastlog" };
    made_root root;
    mp_buf    text = MP_BUF_INIT;
    made_root_new(&root);
    made_root_debian(&root);
    for (size_t i = 0; i < MP_COUNT(files); i++)
        made_root_bytes(&root, files[i], mp_str_of(bytes, sizeof bytes - 1));
    const mp_json *again, *p = read_machine(&root);
    mp_json_doc   *doc;
    mp_buf_add_json(&text, p);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &again, mp_buf_str(&text), NULL, NULL, NULL), MP_OK);
    mp_json_doc_free(doc);
    mp_buf_free(&text);
    made_root_free(&root);
    mp_arena_free(&arena);
}

TEST(a_machine_that_runs)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    made_root_file(&root, "run/systemd/system/x", ""); /* systemd runs, and cannot be asked from here */
    made_root_file(&root, "proc/stat", "cpu 1\nbtime 1795338069\n");
    made_root_file(&root, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
    made_root_file(&root, "proc/sys/net/ipv4/ip_forward", "0\n");
    made_root_file(&root, "proc/sys/net/ipv4/conf/eth0/forwarding", "1\n");
    made_root_file(&root, "proc/sys/net/ipv4/conf/eth0/rp_filter", "2\n");
    made_root_file(&root, "proc/sys/net/ipv4/conf/eth0.7/accept_redirects", "0\n");
    made_root_file(&root, "proc/sys/net/ipv6/conf/all/forwarding", "0\n");
    made_root_file(&root, "proc/sys/net/ipv6/conf/eth0/accept_redirects", "1\n");
    made_root_file(&root, "proc/sys/net/ipv6/conf/eth0/forwarding", "1\n");
    made_root_file(&root, "proc/sys/kernel/printk", "4\t4\t1\t7\n");
    made_root_file(&root, "boot/vmlinuz-6.1.0-30-amd64", "");
    made_root_file(&root, "proc/modules", "ext4 1 0 - Live 0x0\nsctp 1 0\n");
    made_root_file(&root, "etc/modprobe.d/x.conf", "install usb-storage /bin/false\nblacklist udf\n");
    made_root_file(&root, "proc/812/cgroup", "0::/system.slice/auditd.service\n");
    made_root_file(&root, "proc/812/comm", "sshd\n");
    made_root_link(&root, "proc/812/fd/3", "socket:[4711]");
    made_root_file(&root, "proc/1/net/tcp", "  sl\n   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
                                            "   1: 0100007F:0017 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n");
    made_root_file(&root, "proc/1/net/tcp6", "  sl\n   0: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 9 1\n");
    made_root_file(&root, "proc/1/net/udp", "  sl\n   0: 00000000:0044 00000000:0000 07 0:0 0:0 0 0 0 8 1\n");
    made_root_file(&root, "proc/1/mountinfo", "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw,errors=remount-ro\n"
                                              "23 22 8:1 / /mnt/a\\040b rw - ext4 /dev/sda1 rw\n24 22 0:5 / /proc rw - proc proc rw\n");
    made_root_file(&root, "sys/dev/block/254:1/slaves/dm-1/dev", "254:9\n");
    made_root_file(&root, "sys/dev/block/254:9/dm/uuid", "CRYPT-LUKS2-x\n");
    made_root_file(&root, "sys/dev/block/8:1/dev", "8:1\n");
    const mp_json *p = read_machine(&root), *modules = mp_json_get(p, MP_S("kernelModules")), *services = mp_json_get(p, MP_S("services"));
    check_member(p, "bootedAt", "\"2026-11-22T09:01:09Z\"");
    check_member(p, "updates", "{\"rebootRequired\":true}");
    check_member(p, "sysctl", "[{\"name\":\"kernel.osrelease\"},{\"name\":\"kernel.printk\",\"value\":\"4 4 1 7\"},"
                              "{\"name\":\"net.ipv4.conf.eth0.rp_filter\",\"value\":\"2\"},{\"name\":\"net.ipv4.conf.eth0.7.accept_redirects\",\"value\":\"0\"},"
                              "{\"name\":\"net.ipv4.ip_forward\",\"value\":\"0\"},{\"name\":\"net.ipv6.conf.all.forwarding\",\"value\":\"0\"},"
                              "{\"name\":\"net.ipv6.conf.eth0.accept_redirects\",\"value\":\"1\"}]");
    check_member(p, "listening", "[{\"protocol\":\"tcp\",\"address\":\"127.0.0.1\",\"port\":22,\"program\":\"sshd\"},"
                                 "{\"protocol\":\"tcp\",\"address\":\"2001:db8::1\",\"port\":443,\"program\":null},{\"protocol\":\"udp\",\"address\":\"0.0.0.0\",\"port\":68}]");
    check_member(p, "mounts", "[{\"path\":\"/\",\"isEncrypted\":true,\"options\":[\"rw\",\"relatime\",\"errors=remount-ro\"]},{\"path\":\"/mnt/a b\",\"isEncrypted\":false},"
                              "{\"path\":\"/proc\",\"isEncrypted\":null}]");
    CHECK(says(entry(modules, "usb_storage"), "isBlocked", true) && says(entry(modules, "udf"), "isBlocked", false));
    CHECK(says(entry(modules, "sctp"), "isLoaded", true) && says(entry(modules, "ext4"), "isLoaded", true));
    CHECK(says(mp_json_get(p, MP_S("logging")), "auditd", true));
    CHECK(says(entry(services, "auditd"), "isActive", true) && says(entry(services, "ssh"), "isActive", false));
    CHECK(says(entry(services, "telnet.socket"), "isEnabled", false) && !mp_json_get(entry(services, "telnet.socket"), MP_S("isActive")));
    CHECK(has_gap("clock", "notRecorded") && has_gap("firewall", "missing"));
    made_root_free(&root);
    mp_arena_free(&arena);
}

/* What is installed beside the kernel that runs, and whether it waits for a restart. */
TEST(kernels_that_wait)
{
    static const struct {
        const char *runs, *installed;
        bool        waits;
    } cases[] = {
        { "6.1.0-28-amd64", "6.1.0-30-amd64", true },          { "6.1.0-28-amd64", "6.1.0-28-amd64", false },
        { "6.1.0-28-amd64", "6.1.0-9-amd64", false },          { "6.1.0-28-amd64", "6.12.9+bpo-amd64", true },
        { "6.1.0-28-amd64", "6.1.0-30-cloud-amd64", false },   { "6.1.0-28-cloud-amd64", "6.1.0-30-amd64", false },
        { "5.15.0-1053-azure", "6.5.0-14-generic", false },    { "5.15.0-1053-azure", "5.15.0-1060-azure", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        made_root root;
        made_root_new(&root);
        made_root_debian(&root);
        made_root_file(&root, "proc/stat", "cpu 1\nbtime 1795338069\n");
        made_root_file(&root, "proc/sys/kernel/osrelease", mp_arena_printf(&arena, "%s\n", cases[i].runs).ptr);
        made_root_file(&root, mp_arena_printf(&arena, "boot/vmlinuz-%s", cases[i].installed).ptr, "");
        check_member(read_machine(&root), "updates", cases[i].waits ? "{\"rebootRequired\":true}" : "{\"rebootRequired\":false}");
        made_root_free(&root);
        mp_arena_free(&arena);
    }
}

TEST(names_and_roots_are_looked_at)
{
    made_root root;
    mp_error  err = { .code = MP_OK };
    made_root_new(&root);
    static const struct {
        const char *name;
        mp_code     code;
    } names[] = { { "web-01", MP_OK }, { "WEB", MP_OK }, { "a/b", MP_PARAMETER }, { "", MP_PARAMETER }, { ".x", MP_PARAMETER }, { "a b", MP_PARAMETER },
                  { NULL, MP_MISSING } };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        CHECK_INT(mp_machine_read(&report, &(mp_machine_options){ .root = root.path, .name = names[i].name }, &arena, &err), names[i].code);
    CHECK_INT(mp_machine_read(&report, &(mp_machine_options){ .root = "/no/such/folder", .name = "x" }, &arena, &err), MP_IO);
    made_root_free(&root);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(a_debian_server_is_described), RUN(accounts_services_and_ssh), RUN(what_passwd_says_itself_counts),
                RUN(rules_of_pwquality), RUN(old_passwords_that_are_remembered), RUN(nothing_secret_leaves),
                RUN(what_is_missing_is_unknown_and_not_empty), RUN(old_lists_say_nothing), RUN(lists_that_apt_keeps_compressed),
                RUN(lists_that_are_not_what_they_are_called), RUN(until_when_a_release_is_cared_for), RUN(links_stay_within_the_root),
                RUN(pipes_folders_and_huge_files), RUN(bytes_that_are_no_text), RUN(a_machine_that_runs), RUN(kernels_that_wait), RUN(names_and_roots_are_looked_at));
}
