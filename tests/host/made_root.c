/* SPDX-License-Identifier: Apache-2.0 */
#include "made_root.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

void made_root_new(made_root *root)
{
    const char *folder = getenv("TMPDIR");
    snprintf(root->path, sizeof root->path, "%s/host-root.XXXXXX", folder && strlen(folder) < 100 ? folder : "/tmp");
    CHECK(mkdtemp(root->path) != NULL);
}

static int remove_one(const char *path, const struct stat *s, int flag, struct FTW *at)
{
    (void)s;
    (void)flag;
    (void)at;
    return remove(path);
}

void made_root_free(made_root *root) { CHECK_INT(nftw(root->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0); }

/* The whole path; the folders in front of the last part are made. */
static const char *place(const made_root *root, const char *path)
{
    static char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", root->path, path);
    for (char *c = whole + strlen(root->path) + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        (void)mkdir(whole, 0755);
        *c = '/';
    }
    return whole;
}

void made_root_bytes(const made_root *root, const char *path, mp_str bytes)
{
    const char *whole = place(root, path);
    (void)unlink(whole);
    FILE *file = fopen(whole, "w");
    CHECK(file != NULL);
    CHECK_INT(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    CHECK_INT(fclose(file), 0);
    CHECK_INT(chmod(whole, 0644), 0);
}

void made_root_file(const made_root *root, const char *path, const char *text)
{
    made_root_bytes(root, path, mp_str_from(text));
}

void made_root_link(const made_root *root, const char *path, const char *target)
{
    const char *whole = place(root, path);
    (void)unlink(whole);
    CHECK_INT(symlink(target, whole), 0);
}

void made_root_pipe(const made_root *root, const char *path)
{
    const char *whole = place(root, path);
    (void)unlink(whole);
    CHECK_INT(mkfifo(whole, 0600), 0);
}

void made_root_debian(const made_root *root)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        { "etc/hostname", "Web-01.haneul.example\n" },
        { "usr/lib/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n" },
        { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"
                        "kim.jiwoo:x:1001:1001:Kim Jiwoo,,010-0000-0000:/home/kim.jiwoo:/bin/bash\npark:x:1002:100::/home/park:\nold::1003:100::/:/bin/sh\n" },
        { "etc/shadow", "root:!:19700:0:99999:7:::\nsshd:!*:19700::::::\nkim.jiwoo:$y$j9T$notarealhashvalue$notarealhash:20400:1:90:7:::\n"
                        "park::20400:0:99999:7::20000:\n" },
        { "etc/group", "root:x:0:\nshadow:x:42:\nsudo:x:27:kim.jiwoo, park\nkim.jiwoo:x:1001:\nusers:x:100:kim.jiwoo\n" },
        { "etc/login.defs", "# PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t90\nPASS_MIN_DAYS 1\nENCRYPT_METHOD SHA512\n" },
        { "etc/pam.d/common-password", "password requisite pam_pwquality.so retry=3 minlen=10\n"
                                       "password required pam_pwhistory.so remember=5 use_authtok\n"
                                       "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\n" },
        { "etc/pam.d/common-auth", "auth required pam_faillock.so preauth\n" },
        { "etc/security/pwquality.conf", "minlen = 8\nminclass = 3\n" },
        { "etc/security/faillock.conf", "deny = 5\n" },
        { "etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nUsePAM yes\n"
                                 "Match User deploy\n  PasswordAuthentication yes\n" },
        { "etc/ssh/sshd_config.d/10-site.conf", "PermitRootLogin no\nAllowGroups ssh-admins sudo\nMatch Address 10.0.0.0/8\n X11Forwarding yes\n" },
        { "usr/lib/systemd/system/ssh.service", "[Service]\n" },
        { "usr/lib/systemd/system/telnet.socket", "[Socket]\n" },
        { "usr/lib/systemd/system/auditd.service", "[Service]\n" },
        { "usr/lib/systemd/system/cups.service", "[Service]\n" },
        { "etc/rsyslog.conf", "*.* @@log.haneul.example:6514\n" },
        { "var/log/journal/readme", "" },
        { "var/lib/dpkg/status", "Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.15-1\nDescription: x\n Package: no\n\n"
                                 "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"
                                 "Package: unattended-upgrades\nStatus: install ok installed\nArchitecture: all\nVersion: 2.9\n" },
        { "etc/apt/apt.conf.d/20auto-upgrades", "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic { Unattended-Upgrade \"1\"; };\n" },
        { "var/lib/apt/lists/deb.example_dists_bookworm_InRelease", "Origin: Debian\nSuite: stable\nCodename: bookworm\nSHA256:\n x\n" },
        { "var/lib/apt/lists/deb.example_dists_bookworm_main_binary-amd64_Packages", "Package: openssl\nVersion: 3.0.15-1\nArchitecture: amd64\n\n" },
        { "var/lib/apt/lists/sec.example_dists_bookworm-security_InRelease", "Origin: Debian\nSuite: stable-security\nCodename: bookworm-security\n" },
        { "var/lib/apt/lists/sec.example_dists_bookworm-security_main_binary-amd64_Packages",
          "Package: openssl\nVersion: 3.0.15-1+deb12u1\nArchitecture: amd64\n\nPackage: openssl\nVersion: 3.0.15-2~rc1\nArchitecture: arm64\n" },
        { "var/lib/apt/lists/bp.example_dists_bookworm-backports_InRelease", "Origin: Debian Backports\nSuite: stable-backports\nNotAutomatic: yes\n" },
        { "var/lib/apt/lists/bp.example_dists_bookworm-backports_main_binary-amd64_Packages", "Package: openssl\nVersion: 9\nArchitecture: amd64\n" },
    };
    for (size_t i = 0; i < MP_COUNT(files); i++)
        made_root_file(root, files[i].path, files[i].text);
    made_root_link(root, "etc/os-release", "/usr/lib/os-release"); /* within the root */
    made_root_link(root, "etc/systemd/system/multi-user.target.wants/ssh.service", "/usr/lib/systemd/system/ssh.service");
    made_root_link(root, "etc/systemd/system/sshd.service", "/usr/lib/systemd/system/ssh.service");
    made_root_link(root, "etc/systemd/system/multi-user.target.wants/cups.service", "/usr/lib/systemd/system/cups.service");
    made_root_link(root, "etc/systemd/system/cups.service", "/dev/null");
}
