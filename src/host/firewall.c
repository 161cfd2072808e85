/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall.h"

#include "machine_internal.h"

typedef struct nft_reading {
    mp_firewall_rules out;
    bool   is_input;  /* within a chain of the input hook */
    bool   disagrees;
    size_t depth;
} nft_reading;

/* "type filter hook input priority filter; policy drop;" */
static void take_hook(nft_reading *r, mp_str line)
{
    mp_str word;
    r->is_input = false;
    while ((word = mp_word_next(&line)).len) {
        if (mp_str_eq(word, MP_S("hook")))
            r->is_input = mp_str_eq(mp_word_next(&line), MP_S("input"));
        if (!mp_str_eq(word, MP_S("policy")) || !r->is_input)
            continue;
        mp_str policy = mp_word_next(&line);
        while (policy.len && policy.ptr[policy.len - 1] == ';')
            policy.len--;
        r->out.is_active |= mp_str_eq(policy, MP_S("drop"));
        r->disagrees |= r->out.default_input.len && !mp_str_eq(r->out.default_input, policy);
        r->out.default_input = policy;
    }
}

mp_firewall_rules mp_firewall_of_nft(mp_str text)
{
    nft_reading r = { .out = { .default_input = MP_S("") } };
    mp_str      line;
    while (mp_line_next(&line, &text)) {
        line = mp_str_trim(line);
        if (mp_str_starts(line, MP_S("table ")))
            r.out.is_of_iptables |= mp_str_starts(line, MP_S("table ip filter ")) || mp_str_starts(line, MP_S("table ip6 filter "));
        if (mp_str_starts(line, MP_S("type filter hook ")))
            take_hook(&r, line);
        else if (mp_str_eq(line, MP_S("}")))
            r.is_input = false;
        else if (r.is_input && line.len && line.ptr[0] != '#')
            r.out.is_active = true;
    }
    if (r.disagrees)
        r.out.default_input = MP_S("");
    return r.out;
}

mp_firewall_rules mp_firewall_of_iptables(mp_str text)
{
    mp_firewall_rules out = { .default_input = MP_S(""), .is_of_iptables = true };
    mp_str            line;
    while (mp_line_next(&line, &text)) {
        mp_str verb = mp_word_next(&line), chain = mp_word_next(&line), target = mp_word_next(&line);
        if (!mp_str_eq(chain, MP_S("INPUT")))
            continue;
        if (mp_str_eq(verb, MP_S("-P")))
            out.default_input = mp_str_eq(target, MP_S("DROP")) ? MP_S("drop") : MP_S("accept");
        out.is_active |= mp_str_eq(verb, MP_S("-A")) || mp_str_eq(out.default_input, MP_S("drop"));
    }
    return out;
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

mp_code mp_read_firewall(mp_machine *m, mp_error *err)
{
    static const char *const nft[] = { "nft", "list", "ruleset", NULL };
    static const char *const iptables[] = { "iptables", "-S", "INPUT", NULL };
    mp_firewall_rules rules = { .is_active = false };
    mp_str            text;
    mp_reach          how;
    bool              is_ufw;
    MP_TRY(mp_machine_ask(&text, &how, m, nft, err));
    if (how == MP_REACH_OK) {
        rules = mp_firewall_of_nft(text);
    } else {
        MP_TRY(mp_machine_ask(&text, &how, m, iptables, err));
        rules = mp_firewall_of_iptables(text);
    }
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
