/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that systems keep, one by one. */
#include "accounts.h"
#include "firewall.h"
#include "forwarding.h"
#include "packages.h"
#include "sshd.h"
#include "stanza.h"

#include "test.h"

#define S mp_str_from

TEST(versions_of_debian_have_an_order)
{
    static const struct {
        const char *a, *b;
        int         order;
    } cases[] = {
        { "1.0", "1.0", 0 },          { "1.0", "1.00", 0 },         { "1.0-1", "1.0", 1 },
        { "1.0-0", "1.0", 0 },        { "1.0~rc1", "1.0", -1 },     { "1.0~~", "1.0~", -1 },
        { "1:0.1", "9.9", 1 },        { "0:1", "1", 0 },            { "1.9", "1.10", -1 },
        { "1.a", "1.+", -1 },         { "1.0a", "1.0", 1 },         { "3.0.15-1", "3.0.15-1+deb12u1", -1 },
        { "2.36-9+deb12u10", "2.36-9+deb12u9", 1 },                 { "99999999999999999999999", "99999999999999999999998", 1 },
        { "1-2-3", "1-2-4", -1 },     { "", "", 0 },                { "", "1", -1 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        int there = mp_deb_version_cmp(S(cases[i].a), S(cases[i].b)), back = mp_deb_version_cmp(S(cases[i].b), S(cases[i].a));
        if ((there > 0) - (there < 0) != cases[i].order || (back > 0) - (back < 0) != -cases[i].order)
            fail_msg("%s against %s: %d, and back %d", cases[i].a, cases[i].b, there, back);
    }
}

TEST(settings_of_apt)
{
    mp_str name = MP_S("APT::Periodic::Unattended-Upgrade");
    CHECK_STR(mp_apt_setting(S("APT::Periodic::Unattended-Upgrade \"1\";"), name), "1");
    CHECK_STR(mp_apt_setting(S("APT { Periodic { Unattended-Upgrade \"7\"; }; };"), name), "7");
    CHECK_STR(mp_apt_setting(S("APT::Periodic{Unattended-Upgrade \"1\";};\n// no\n# no\n/* APT::Periodic::Unattended-Upgrade \"9\"; */\n"
                               "apt::periodic::unattended-upgrade \"0\";"), name), "0");
    CHECK_STR(mp_apt_setting(S("// APT::Periodic::Unattended-Upgrade \"1\";"), name), "");
    CHECK_STR(mp_apt_setting(S("Other { APT::Periodic::Unattended-Upgrade \"1\"; };"), name), "");
    CHECK_STR(mp_apt_setting(S("{{{{{{{{{{{{{{{{{{{{ APT::Periodic::Unattended-Upgrade \"1\""), name), "");
}

TEST(states_of_passwords)
{
    static const struct {
        const char *field;
        bool        has, locked;
    } cases[] = {
        { "$y$j9T$x$abcdefghijkl", true, false }, { "!$y$j9T$x$abcdefghijkl", true, true }, { "!!", false, true },
        { "*", false, true },  { "!", false, true },  { "", false, false },   { "abJnggxhB/yWI", true, false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_password_state s = mp_password_state_of(S(cases[i].field));
        CHECK(s.has_password == cases[i].has && s.is_locked == cases[i].locked);
    }
}

/* ---- sshd_config ---- */

static mp_code open_self(void *ctx, mp_str *text, bool *more, mp_str pattern, size_t index, mp_error *err)
{
    (void)pattern;
    (void)err;
    *more = index < 2;
    *text = *(const mp_str *)ctx;
    return MP_OK;
}

static mp_str value_of(const mp_sshd_settings *s, const char *name, const char *match)
{
    for (size_t i = 0; i < s->count; i++)
        if (mp_str_eq(s->items[i].name, S(name)) && mp_str_eq(s->items[i].match, S(match)))
            return s->items[i].value;
    return MP_S("(none)");
}

TEST(the_first_value_counts_and_match_is_apart)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_sshd_settings s = { .arena = &arena };
    CHECK_INT(mp_sshd_parse(&s, S("permitrootlogin prohibit-password\r\nPermitRootLogin yes\n# Banner no\nBanner=\"/etc/issue.net\"\n"
                                  "ClientAliveInterval 5m\nLoginGraceTime 1m30s\nAllowGroups a b\nAllowGroups c\nChallengeResponseAuthentication no\n"
                                  "Match User x\nPermitRootLogin yes\nMatch all\nMaxAuthTries 3\n"), 0, NULL), MP_OK);
    CHECK_STR(value_of(&s, "permitrootlogin", ""), "without-password");
    CHECK_STR(value_of(&s, "permitrootlogin", "User x"), "yes");
    CHECK_STR(value_of(&s, "banner", ""), "/etc/issue.net");
    CHECK_STR(value_of(&s, "clientaliveinterval", ""), "300");
    CHECK_STR(value_of(&s, "logingracetime", ""), "90");
    CHECK_STR(value_of(&s, "kbdinteractiveauthentication", ""), "no");
    CHECK_STR(value_of(&s, "maxauthtries", ""), "3");
    size_t groups = 0;
    for (size_t i = 0; i < s.count; i++)
        groups += mp_str_eq(s.items[i].name, MP_S("allowgroups"));
    CHECK_INT(groups, 3);
    mp_arena_free(&arena);
}

TEST(files_that_include_themselves_end)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_str           text = MP_S("Include again\nPort 22\n");
    mp_sshd_settings s = { .arena = &arena, .open = open_self, .ctx = &text };
    CHECK_INT(mp_sshd_parse(&s, text, 0, NULL), MP_OK);
    CHECK(s.is_cut && s.files <= MP_SSHD_FILES);
    mp_arena_free(&arena);
}

/* ---- firewall ---- */

TEST(rules_of_firewalls)
{
    mp_firewall_rules r = mp_firewall_of_nft(S("table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
                                               "\t\ttcp dport 22 accept\n\t}\n\tchain output {\n\t\ttype filter hook output priority filter; policy accept;\n\t}\n}\n"));
    CHECK(r.is_active && !r.is_of_iptables);
    CHECK_STR(r.default_input, "drop");
    r = mp_firewall_of_nft(S("table inet t {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n"));
    CHECK(!r.is_active);
    CHECK_STR(r.default_input, "accept");
    r = mp_firewall_of_nft(S("table ip filter {\nchain INPUT {\ntype filter hook input priority filter; policy drop;\n}\n}\n"
                             "table inet b {\nchain i {\ntype filter hook input priority 0; policy accept;\ncounter\n}\n}\n"));
    CHECK(r.is_active && r.is_of_iptables);
    CHECK_STR(r.default_input, "");
    CHECK(!mp_firewall_of_nft(MP_S("")).is_active);
    r = mp_firewall_of_iptables(S("-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n"));
    CHECK(r.is_active);
    CHECK_STR(r.default_input, "drop");
    r = mp_firewall_of_iptables(S("-P INPUT ACCEPT\n-A FORWARD -j DROP\n"));
    CHECK(!r.is_active);
    CHECK_STR(r.default_input, "accept");
}

#define NFT_INPUT(family, policy, rules) \
    "table " family " t {\n\tchain input {\n\t\ttype filter hook input priority filter; policy " policy ";\n" rules "\t}\n}\n"
#define IPTABLES_END "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n"

TEST(what_no_rule_of_a_firewall_names)
{
    static const struct {
        const char *rules, *otherwise;
    } nft[] = {
        /* firewalld, and what RHEL installs: the policy accepts, the last rule rejects */
        { NFT_INPUT("inet", "accept", "\t\tct state { established, related } accept\n\t\tiifname \"lo\" accept\n\t\tjump filter_INPUT_ZONES\n"
                                      "\t\treject with icmpx admin-prohibited\n"), "reject" },
        { NFT_INPUT("ip", "accept", "\t\ttcp dport 22 counter packets 0 bytes 0 accept\n\t\tcounter packets 5 bytes 300 drop\n"), "drop" },
        { NFT_INPUT("inet", "accept", "\t\tlog prefix \"in \" flags all drop\n"), "drop" },
        { NFT_INPUT("inet", "accept", "\t\ttcp dport 23 drop\n\t\tip saddr 192.0.2.0/24 reject\n"), "accept" },
        { NFT_INPUT("inet", "accept", "\t\tlog prefix \"in \"\n\t\tcounter\n"), "accept" },
        /* what comes behind a rule that takes all is reached by nothing */
        { NFT_INPUT("inet", "accept", "\t\taccept\n\t\tdrop\n"), "accept" },
        { NFT_INPUT("inet", "drop", "\t\tcounter accept\n"), "accept" },
        /* of two chains both have to let a packet in */
        { NFT_INPUT("inet", "accept", "\t\treject\n") NFT_INPUT("ip", "accept", "") NFT_INPUT("ip6", "accept", ""), "reject" },
        { NFT_INPUT("ip", "accept", "") NFT_INPUT("inet", "drop", "\t\ttcp dport 22 accept\n"), "drop" },
        { NFT_INPUT("ip", "drop", "\t\ttcp dport 22 accept\n") NFT_INPUT("ip6", "accept", ""), "" },
        { NFT_INPUT("ip", "drop", "") NFT_INPUT("arp", "accept", ""), "drop" },
    };
    static const struct {
        const char *rules, *otherwise;
    } iptables[] = {
        { "-P INPUT ACCEPT\n" IPTABLES_END "-A INPUT -j REJECT --reject-with icmp-host-prohibited\n", "reject" },
        { "-P INPUT ACCEPT\n" IPTABLES_END "-A INPUT -j DROP\n-A INPUT -j ACCEPT\n", "drop" },
        { "-P INPUT ACCEPT\n" IPTABLES_END "-A INPUT -p tcp -j DROP\n", "accept" },
        { "-P INPUT DROP\n" IPTABLES_END "-A INPUT -j ACCEPT\n", "accept" },
    };
    for (size_t i = 0; i < MP_COUNT(nft); i++)
        CHECK_STR(mp_firewall_of_nft(mp_str_from(nft[i].rules)).default_input, nft[i].otherwise);
    for (size_t i = 0; i < MP_COUNT(iptables); i++)
        CHECK_STR(mp_firewall_of_iptables(mp_str_from(iptables[i].rules)).default_input, iptables[i].otherwise);
}

#define SIX_LOOPBACK "00000000000000000000000000000001 01 80 10 80       lo\n"
#define SIX_LINK "fe80000000000000f816b7fffe2a0001 02 40 20 80     eth0\n"
#define SIX_GLOBAL "20010db8000000000000000000000007 02 40 00 80     eth0\n"

TEST(firewalls_that_forget_ipv6)
{
    static const struct {
        const char *rules, *addresses, *otherwise;
    } nft[] = {
        { NFT_INPUT("ip", "drop", ""), SIX_LOOPBACK SIX_LINK SIX_GLOBAL, "" },
        { NFT_INPUT("ip", "drop", ""), SIX_LOOPBACK SIX_LINK, "drop" },
        { NFT_INPUT("ip", "drop", ""), "", "drop" },
        { NFT_INPUT("ip", "drop", "") NFT_INPUT("ip6", "drop", ""), SIX_GLOBAL, "drop" },
        { NFT_INPUT("inet", "drop", ""), SIX_GLOBAL, "drop" },
        { NFT_INPUT("ip", "accept", ""), SIX_GLOBAL, "accept" },
    };
    static const struct {
        const char *six, *otherwise;
    } iptables[] = {
        { "-P INPUT DROP\n", "drop" },
        { "-P INPUT ACCEPT\n-A INPUT -j REJECT\n", "drop" },
        { "-P INPUT ACCEPT\n", "" },
    };
    for (size_t i = 0; i < MP_COUNT(nft); i++) {
        mp_firewall_rules r = mp_firewall_of_nft(mp_str_from(nft[i].rules));
        mp_firewall_heed_v6(&r, mp_str_from(nft[i].addresses));
        CHECK_STR(r.default_input, nft[i].otherwise);
    }
    for (size_t i = 0; i < MP_COUNT(iptables); i++) {
        mp_firewall_rules r = mp_firewall_of_iptables(S("-P INPUT DROP\n"));
        mp_firewall_add_v6(&r, mp_str_from(iptables[i].six));
        mp_firewall_heed_v6(&r, S(SIX_GLOBAL));
        CHECK_STR(r.default_input, iptables[i].otherwise);
    }
    mp_firewall_rules alone = mp_firewall_of_iptables(S("-P INPUT DROP\n"));
    mp_firewall_heed_v6(&alone, S(SIX_GLOBAL));
    CHECK_STR(alone.default_input, "");
}

/* ---- where logs go ---- */

typedef void forwarding(mp_jsonw *w, mp_arena *arena, mp_str text);

static void check_targets(forwarding *read, const char *text, const char *wanted)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   found = MP_BUF_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_array(&w);
    read(&w, &arena, S(text));
    mp_jsonw_end(&w);
    mp_buf_add_json(&found, mp_jsonw_done(&w));
    CHECK_STR(mp_buf_str(&found), wanted);
    mp_buf_free(&found);
    mp_arena_free(&arena);
}

TEST(logs_go_there)
{
    check_targets(mp_forwarding_of_rsyslog, "*.* @192.0.2.1\n*.* @@log.example:1514;Fmt\n#*.* @@no\nauth.* /var/log/a\nmail.info @@(o)[2001:db8::1]:6514\n",
                  "[\"udp://192.0.2.1:514\",\"tcp://log.example:1514\",\"tcp://[2001:db8::1]:6514\"]");
    check_targets(mp_forwarding_of_rsyslog, "$ActionSendStreamDriverMode 1\n*.* @@log.example:6514\n", "[\"tls://log.example:6514\"]");
    check_targets(mp_forwarding_of_rsyslog,
                  "*.* action(type=\"omfwd\" target=\"log.example\" port=\"6514\" protocol=\"tcp\"\n  StreamDriver=\"gtls\" StreamDriverMode=\"1\")\n"
                  "action(type=\"omrelp\" Target=\"r\" port=\"20514\" tls=\"on\") action(type=\"omfile\" file=\"/x\")\n",
                  "[\"tls://log.example:6514\",\"relp+tls://r:20514\"]");
    check_targets(mp_forwarding_of_rsyslog, "action(type=\"omfwd\" target=\"unfinished", "[\"udp://unfinished:514\"]");
    check_targets(mp_forwarding_of_syslog_ng, "destination d { network(\"log.example\" port(6514) transport(\"tls\")); };\ndestination f { file(\"/x\"); };\n",
                  "[\"tls://log.example:6514\"]");
    check_targets(mp_forwarding_of_journal, "[Upload]\n# URL=https://no\nURL=https://log.example:19532/x\n", "[\"https://log.example:19532\"]");
}

int main(void)
{
    return MAIN(RUN(versions_of_debian_have_an_order), RUN(settings_of_apt), RUN(states_of_passwords),
                RUN(the_first_value_counts_and_match_is_apart), RUN(files_that_include_themselves_end), RUN(rules_of_firewalls), RUN(what_no_rule_of_a_firewall_names), RUN(firewalls_that_forget_ipv6),
                RUN(logs_go_there));
}
