/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of a machine that may be hostile. The first byte chooses the reader. Properties: versions have one order, there
 * and back; what is read points into the text or is a word of ours, and stands in limits; what is written prints as JSON
 * that reads again. */
#include <stdlib.h>

#include "accounts.h"
#include "firewall.h"
#include "forwarding.h"
#include "fuzz.h"
#include "packages.h"
#include "sshd.h"
#include "stanza.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool is_within(mp_str part, mp_str whole)
{
    return !part.len || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static int sign(int n) { return (n > 0) - (n < 0); }

static void try_versions(mp_str text)
{
    mp_str rest = text, a = mp_piece_next(&rest, '\n'), b = mp_piece_next(&rest, '\n'), c = mp_piece_next(&rest, '\n');
    require(mp_deb_version_cmp(a, a) == 0);
    require(sign(mp_deb_version_cmp(a, b)) == -sign(mp_deb_version_cmp(b, a)));
    if (mp_deb_version_cmp(a, b) <= 0 && mp_deb_version_cmp(b, c) <= 0)
        require(mp_deb_version_cmp(a, c) <= 0);
}

static void try_stanzas(mp_str text)
{
    mp_stanza s;
    mp_str    line;
    mp_stanza_clear(&s);
    while (mp_line_next(&line, &text)) {
        require(line.len == 0 || mp_str_find(line, '\n') == SIZE_MAX);
        if (mp_stanza_take(&s, line)) {
            require(strlen(s.package) < MP_STANZA_TEXT && strlen(s.version) < MP_STANZA_TEXT);
            mp_stanza_clear(&s);
        }
    }
}

static mp_code open_whole(void *ctx, mp_str *text, bool *more, mp_str pattern, size_t index, mp_error *err)
{
    (void)err;
    require(pattern.len > 0);
    *more = index < 2;
    *text = *(const mp_str *)ctx;
    return MP_OK;
}

static void try_sshd(mp_str text, mp_arena *arena)
{
    mp_sshd_settings s = { .arena = arena, .open = open_whole, .ctx = &text };
    require(mp_sshd_parse(&s, text, 0, NULL) == MP_OK);
    require(s.count <= MP_SSHD_SETTINGS && s.files <= MP_SSHD_FILES);
    for (size_t i = 0; i < s.count; i++)
        require(s.items[i].name.len > 0);
}

static bool is_default(mp_str word)
{
    return !word.len || mp_str_eq(word, MP_S("accept")) || mp_str_eq(word, MP_S("drop")) || mp_str_eq(word, MP_S("reject"));
}

/* What is said of IPv6 can take an answer away, and not make one. */
static void try_firewall(mp_str text)
{
    mp_firewall_rules nft = mp_firewall_of_nft(text), iptables = mp_firewall_of_iptables(text);
    require(is_default(nft.default_input) && is_default(iptables.default_input));
    mp_str before = iptables.default_input;
    mp_firewall_add_v6(&iptables, text);
    require(mp_str_eq(iptables.default_input, before)); /* the same rules for both */
    mp_firewall_heed_v6(&nft, text);
    require(is_default(nft.default_input));
}

static void try_forwarding(mp_str text, mp_arena *arena, void (*read)(mp_jsonw *, mp_arena *, mp_str))
{
    mp_buf         printed = MP_BUF_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *again = NULL;
    mp_jsonw       w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    read(&w, arena, text);
    mp_jsonw_end(&w);
    const mp_json *made = mp_jsonw_done(&w);
    require(made != NULL && mp_json_doc_new(&doc, NULL) == MP_OK);
    mp_buf_add_json(&printed, made);
    require(!printed.failed && mp_json_read(doc, &again, mp_buf_str(&printed), NULL, NULL, NULL) == MP_OK);
    require(again->count == made->count);
    mp_buf_free(&printed);
    mp_json_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena arena = MP_ARENA_INIT;
    if (size == 0 || size > 65536)
        return 0;
    mp_str text = mp_str_of((const char *)data + 1, size - 1);
    switch (data[0] % 9) {
    case 0:
        try_versions(text);
        break;
    case 1:
        try_stanzas(text);
        break;
    case 2:
        try_sshd(text, &arena);
        break;
    case 3:
        require(is_within(mp_apt_setting(text, MP_S("APT::Periodic::Unattended-Upgrade")), text));
        break;
    case 4:
        try_firewall(text);
        break;
    case 5:
        try_forwarding(text, &arena, mp_forwarding_of_rsyslog);
        break;
    case 6:
        try_forwarding(text, &arena, mp_forwarding_of_syslog_ng);
        break;
    case 7:
        try_forwarding(text, &arena, mp_forwarding_of_journal);
        break;
    default:
        require(!mp_password_state_of(text).has_password || text.len >= 13);
        break;
    }
    mp_arena_free(&arena);
    return 0;
}
