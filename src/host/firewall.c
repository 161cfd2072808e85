/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall.h"

#include "machine_internal.h"

/* What a packet meets that no rule names. Of two chains of one family both have to let it in. */
typedef enum fate { FATE_NONE, FATE_ACCEPT, FATE_REJECT, FATE_DROP } fate;

static mp_str name_of_fate(fate f)
{
    return f == FATE_DROP ? MP_S("drop") : f == FATE_REJECT ? MP_S("reject") : f == FATE_ACCEPT ? MP_S("accept") : MP_S("");
}

typedef struct nft_reading {
    mp_firewall_rules out;
    bool is_v4, is_v6; /* what the table at hand is for */
    bool is_input;     /* within a chain of the input hook */
    bool is_decided;   /* a rule of it takes all that is left: those behind it are reached by nothing */
    fate here;         /* of that chain, so far */
    fate v4, v6;
} nft_reading;

/* "type filter hook input priority filter; policy drop;" */
static void take_hook(nft_reading *r, mp_str line)
{
    mp_str word;
    r->is_input = r->is_decided = false;
    r->here = FATE_ACCEPT;
    while ((word = mp_word_next(&line)).len) {
        if (mp_str_eq(word, MP_S("hook")))
            r->is_input = mp_str_eq(mp_word_next(&line), MP_S("input"));
        if (mp_str_eq(word, MP_S("policy")) && mp_str_starts(mp_word_next(&line), MP_S("drop")))
            r->here = FATE_DROP;
    }
    r->out.is_active |= r->is_input && r->here == FATE_DROP;
}

static fate fate_of_word(mp_str word)
{
    return mp_str_eq(word, MP_S("drop"))     ? FATE_DROP
           : mp_str_eq(word, MP_S("reject")) ? FATE_REJECT
           : mp_str_eq(word, MP_S("accept")) ? FATE_ACCEPT
                                             : FATE_NONE;
}

/* A rule without a condition decides about all that reaches it: "counter packets 5 bytes 300 reject with icmpx
 * admin-prohibited", as firewalld and RHEL end their chains. Counting and logging are no conditions. */
static fate fate_of_rule(mp_str line)
{
    mp_str  word = mp_word_next(&line);
    int64_t n;
    while (mp_str_eq(word, MP_S("counter")) || mp_str_eq(word, MP_S("packets")) || mp_str_eq(word, MP_S("bytes")) || mp_number_of(&n, word, 10))
        word = mp_word_next(&line);
    for (bool is_log = mp_str_eq(word, MP_S("log")); is_log && word.len && !fate_of_word(word);)
        word = mp_word_next(&line);
    return fate_of_word(word);
}

static void take_rule(nft_reading *r, mp_str line)
{
    fate f = r->is_decided ? FATE_NONE : fate_of_rule(line);
    r->out.is_active = true;
    r->is_decided |= f != FATE_NONE;
    r->here = f == FATE_NONE ? r->here : f;
}

static void end_chain(nft_reading *r)
{
    if (r->is_input && r->is_v4 && r->here > r->v4)
        r->v4 = r->here;
    if (r->is_input && r->is_v6 && r->here > r->v6)
        r->v6 = r->here;
    r->is_input = false;
}

mp_firewall_rules mp_firewall_of_nft(mp_str text)
{
    nft_reading r = { .is_v4 = false };
    mp_str      line;
    while (mp_line_next(&line, &text)) {
        line = mp_str_trim(line);
        if (mp_str_starts(line, MP_S("table "))) {
            r.is_v4 = mp_str_starts(line, MP_S("table ip ")) || mp_str_starts(line, MP_S("table inet "));
            r.is_v6 = mp_str_starts(line, MP_S("table ip6 ")) || mp_str_starts(line, MP_S("table inet "));
            r.out.is_of_iptables |= mp_str_starts(line, MP_S("table ip filter ")) || mp_str_starts(line, MP_S("table ip6 filter "));
        }
        if (mp_str_starts(line, MP_S("type filter hook ")))
            take_hook(&r, line);
        else if (mp_str_eq(line, MP_S("}")))
            end_chain(&r);
        else if (r.is_input && line.len && line.ptr[0] != '#')
            take_rule(&r, line);
    }
    /* where one family has no chain of its own, what is said of the other stands */
    bool disagrees = r.v4 && r.v6 && (r.v4 == FATE_ACCEPT) != (r.v6 == FATE_ACCEPT);
    r.out.default_input = disagrees ? MP_S("") : name_of_fate(r.v4 ? r.v4 : r.v6);
    r.out.is_v4_only = r.v4 && !r.v6;
    return r.out;
}

/* "-A INPUT -j REJECT --reject-with icmp-host-prohibited": the target stands at once where there is no condition. */
mp_firewall_rules mp_firewall_of_iptables(mp_str text)
{
    mp_firewall_rules out = { .is_of_iptables = true, .is_v4_only = true };
    mp_str            line;
    fate              f = FATE_NONE;
    bool              is_decided = false;
    while (mp_line_next(&line, &text)) {
        mp_str verb = mp_word_next(&line), chain = mp_word_next(&line), target = mp_word_next(&line);
        if (!mp_str_eq(chain, MP_S("INPUT")))
            continue;
        bool is_rule = mp_str_eq(verb, MP_S("-A"));
        if (is_rule)
            target = mp_str_eq(target, MP_S("-j")) ? mp_word_next(&line) : MP_S("");
        fate one = mp_str_eq(target, MP_S("DROP"))     ? FATE_DROP
                   : mp_str_eq(target, MP_S("REJECT")) ? FATE_REJECT
                   : mp_str_eq(target, MP_S("ACCEPT")) ? FATE_ACCEPT
                                                       : FATE_NONE;
        f = is_decided || one == FATE_NONE ? f : one;
        is_decided |= is_rule && one != FATE_NONE;
        out.is_active |= is_rule || f == FATE_DROP;
    }
    out.default_input = name_of_fate(f);
    return out;
}

static bool lets_in(const mp_firewall_rules *r) { return mp_str_eq(r->default_input, MP_S("accept")); }

void mp_firewall_add_v6(mp_firewall_rules *r, mp_str text)
{
    mp_firewall_rules six = mp_firewall_of_iptables(text);
    if (six.default_input.len && lets_in(&six) != lets_in(r))
        r->default_input = MP_S("");
    r->is_active |= six.is_active;
    r->is_v4_only = false;
}

/* "20010db8000000000000000000000007 02 40 00 80 eth0": the fourth is the scope, 00 the whole network. */
void mp_firewall_heed_v6(mp_firewall_rules *r, mp_str addresses)
{
    mp_str line;
    while (r->is_v4_only && !lets_in(r) && mp_line_next(&line, &addresses)) {
        for (size_t i = 0; i < 3; i++)
            mp_word_next(&line);
        if (mp_str_eq(mp_word_next(&line), MP_S("00")))
            r->default_input = MP_S("");
    }
}

/* ---- who loaded them ---- */

static mp_code has_ufw(bool *out, mp_machine *m, mp_error *err)
{
    mp_str   text, line, name, value;
    mp_reach how;
    *out = false;
    MP_TRY(mp_machine_file(&text, &how, m, "etc/ufw/ufw.conf", err));
    while (mp_line_next(&line, &text))
        if (mp_setting_of(&name, &value, line) && mp_str_eq(name, MP_S("ENABLED")))
            *out = mp_str_eq_fold(value, MP_S("yes"));
    return MP_OK;
}

/* nft knows the tables of iptables too, unless those are of the old kind. */
static mp_code ask_rules(mp_firewall_rules *out, mp_reach *how, mp_machine *m, mp_error *err)
{
    static const char *const nft[] = { "nft", "list", "ruleset", NULL };
    static const char *const iptables[] = { "iptables", "-S", "INPUT", NULL };
    static const char *const ip6tables[] = { "ip6tables", "-S", "INPUT", NULL };
    mp_str   text;
    mp_reach how_six;
    MP_TRY(mp_machine_ask(&text, how, m, nft, err));
    *out = mp_firewall_of_nft(text);
    if (*how != MP_REACH_OK) {
        MP_TRY(mp_machine_ask(&text, how, m, iptables, err));
        *out = mp_firewall_of_iptables(text);
        MP_TRY(mp_machine_ask(&text, &how_six, m, ip6tables, err));
        if (how_six == MP_REACH_OK)
            mp_firewall_add_v6(out, text);
    }
    MP_TRY(mp_machine_file(&text, &how_six, m, "proc/self/net/if_inet6", err));
    mp_firewall_heed_v6(out, text);
    return MP_OK;
}

mp_code mp_read_firewall(mp_machine *m, mp_error *err)
{
    mp_firewall_rules rules;
    mp_reach          how;
    bool              is_ufw;
    MP_TRY(ask_rules(&rules, &how, m, err));
    if (how != MP_REACH_OK) {
        mp_machine_gap_note(m, "firewall", m->root.is_here && !m->is_root ? MP_REACH_DENIED
                                           : m->is_on                     ? how
                                                                          : MP_REACH_OFF,
                            "nft");
        return MP_OK;
    }
    MP_TRY(has_ufw(&is_ufw, m, err));
    mp_jsonw_key(&m->w, MP_S("firewall"));
    mp_jsonw_object(&m->w);
    mp_jsonw_put_bool(&m->w, "isActive", rules.is_active);
    if (rules.is_active)
        mp_jsonw_put_str(&m->w, "tool",
                         mp_machine_is_active(m, MP_S("firewalld")) ? MP_S("firewalld")
                         : is_ufw                                   ? MP_S("ufw")
                         : rules.is_of_iptables                     ? MP_S("iptables")
                                                                    : MP_S("nftables"));
    mp_jsonw_key(&m->w, MP_S("defaultInput"));
    if (rules.default_input.len)
        mp_jsonw_str(&m->w, rules.default_input);
    else
        mp_jsonw_null(&m->w);
    mp_jsonw_end(&m->w);
    return MP_OK;
}
