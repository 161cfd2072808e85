/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "secret.h"
#include "test.h"

/* The example of golang.org/x/mod/sumdb/note, which the C2SP specification is drawn from. */
#define NEUMANN_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define NEUMANN_TEXT                                             \
    "If you think cryptography is the answer to your problem,\n" \
    "then you don't know what your problem is.\n"
#define NEUMANN_SIGNATURE \
    "\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

/* RFC 8032, 7.1, test 1 */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define PUBLIC "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static mp_signer *signer_named(const char *name, uint8_t first)
{
    mp_signer *signer;
    uint8_t    seed[32];
    CHECK(mp_unhex(seed, sizeof seed, MP_S(SEED)));
    seed[0] ^= first;
    CHECK_INT(mp_signer_from_seed(&signer, mp_str_from(name), seed, NULL), MP_OK);
    return signer;
}

TEST(a_note_of_another_program_is_read)
{
    mp_verifier key;
    mp_str      text;
    bool        signed_by = false;
    CHECK_INT(mp_verifier_parse(&key, MP_S(NEUMANN_KEY), NULL), MP_OK);
    CHECK_STR(key.name, "PeterNeumann");
    CHECK_INT(mp_note_open(&text, &signed_by, MP_S(NEUMANN_TEXT "\n" NEUMANN_SIGNATURE), &key, 1, NULL), MP_OK);
    CHECK(signed_by);
    CHECK_STR(text, NEUMANN_TEXT);
}

TEST(every_bit_of_a_note_counts)
{
    static const char note[] = NEUMANN_TEXT "\n" NEUMANN_SIGNATURE;
    char        changed[sizeof note];
    mp_verifier key;
    CHECK_INT(mp_verifier_parse(&key, MP_S(NEUMANN_KEY), NULL), MP_OK);
    for (size_t bit = 0; bit < (sizeof note - 1) * 8; bit++) {
        mp_str text = { NULL, 0 };
        memcpy(changed, note, sizeof note);
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
        mp_code code = mp_note_open(&text, NULL, mp_str_of(changed, sizeof note - 1), &key, 1, NULL);
        CHECK(code == MP_SYNTAX || code == MP_DAMAGED || code == MP_FOREIGN);
        CHECK(text.ptr == NULL);
    }
    for (size_t len = 0; len < sizeof note - 1; len++) {
        mp_str text;
        CHECK(mp_note_open(&text, NULL, mp_str_of(note, len), &key, 1, NULL) != MP_OK);
    }
}

TEST(a_key_has_one_text)
{
    mp_signer *signer = signer_named("example.com/log", 0);
    mp_buf     text = MP_BUF_INIT;
    char       hex[65];
    mp_hex(hex, mp_signer_verifier(signer)->key, 32);
    CHECK_STR(mp_str_from(hex), PUBLIC);
    CHECK_INT(mp_verifier_text(&text, mp_signer_verifier(signer), NULL), MP_OK);
    mp_verifier again;
    CHECK_INT(mp_verifier_parse(&again, mp_buf_str(&text), NULL), MP_OK);
    CHECK_STR(again.name, "example.com/log");
    assert_memory_equal(again.key, mp_signer_verifier(signer)->key, 32);
    /* One character after the other is replaced: nothing else is this key. */
    for (size_t i = 0; i < text.len; i++) {
        char kept = text.ptr[i];
        text.ptr[i] = kept == 'Q' ? 'R' : 'Q';
        CHECK(mp_verifier_parse(&again, mp_buf_str(&text), NULL) != MP_OK);
        text.ptr[i] = kept;
    }
    mp_buf_free(&text);
    mp_signer_free(signer);
}

TEST(keys_that_are_none_are_refused)
{
    static const struct { const char *text; mp_code code; } cases[] = {
        { "", MP_SYNTAX },
        { "PeterNeumann", MP_SYNTAX },
        { "PeterNeumann+c74f20a3", MP_SYNTAX },
        { "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", MP_SYNTAX },
        { "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", MP_SYNTAX },
        { "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", MP_SYNTAX },
        { "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", MP_SYNTAX },
        { "PeterNeumann+c74f20a3+ ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", MP_SYNTAX },
        { "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", MP_SYNTAX },
        { "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy", MP_UNSUPPORTED },
        { "PeterNeumann+c74f20a3+AhpcAhpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", MP_UNSUPPORTED },
        { "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", MP_DAMAGED },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_verifier key;
        mp_error    err = { 0 };
        CHECK_INT(mp_verifier_parse(&key, mp_str_from(cases[i].text), &err), cases[i].code);
        CHECK(err.message[0]);
    }
    static const char *const names[] = { "", "a b", "a+b", "a\tb", "a\xC2\xA0" "b", "a\xE3\x80\x80" "b", "\xFF" };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        mp_signer *signer;
        CHECK_INT(mp_signer_make(&signer, mp_str_from(names[i]), NULL), MP_PARAMETER);
    }
    char long_name[MP_KEY_NAME_MAX + 1];
    memset(long_name, 'a', sizeof long_name);
    CHECK(mp_key_name_ok(mp_str_of(long_name, MP_KEY_NAME_MAX)));
    CHECK(!mp_key_name_ok(mp_str_of(long_name, MP_KEY_NAME_MAX + 1)));
    CHECK(mp_key_name_ok(MP_S("\xEB\xA7\x88\xED\x8C\xA8.kr/\xEA\xB8\xB0\xEB\xA1\x9D")));
}

TEST(forms_that_are_no_note_are_refused)
{
    static const char *const notes[] = {
        "", "\n", "\n\n", "text\n", "text\n\n", "text\n\n\n",
        ("text\n\n" "\xE2\x80\x94 A AAAAAAAA"),              /* no newline at the end */
        "text\n\n- A AAAAAAAA\n",                           /* another dash */
        "text\n\n\xE2\x80\x94 AAAAAAAA\n",                  /* no name */
        "text\n\n\xE2\x80\x94  AAAAAAAA\n",                 /* an empty one */
        "text\n\n\xE2\x80\x94 A  AAAAAAAA\n",               /* two blanks */
        "text\n\n\xE2\x80\x94 A AAAAAA==\n",                /* four bytes: a key hash and nothing */
        "text\n\n\xE2\x80\x94 A AAAAAAA\n",                 /* no padding */
        "text\n\n\xE2\x80\x94 A AAAAAAB=\n",                /* bits left over */
        "text\n\n\xE2\x80\x94 A AAAA AAAA\n",
        "te\rxt\n\n\xE2\x80\x94 A AAAAAAAA\n",
        "te\xFFxt\n\n\xE2\x80\x94 A AAAAAAAA\n",
        "text\n\n\xE2\x80\x94 A AAAAAAAA\nmore\n",
    };
    mp_verifier key;
    CHECK_INT(mp_verifier_parse(&key, MP_S(NEUMANN_KEY), NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(notes); i++) {
        mp_str   text;
        mp_error err = { 0 };
        CHECK_INT(mp_note_open(&text, NULL, mp_str_from(notes[i]), &key, 1, &err), MP_SYNTAX);
        CHECK(err.message[0]);
    }
    mp_str text;
    CHECK_INT(mp_note_open(&text, NULL, MP_S("text\n\n\xE2\x80\x94 A AAAAAAAA\n"), &key, 1, NULL), MP_FOREIGN);
    CHECK_INT(mp_note_open(&text, NULL, MP_S("text\n\n\xE2\x80\x94 A AAAAAAAA\n"), NULL, 0, NULL), MP_FOREIGN);
}

TEST(a_note_has_limits)
{
    mp_verifier key;
    mp_buf      note = MP_BUF_INIT;
    mp_str      text;
    CHECK_INT(mp_verifier_parse(&key, MP_S(NEUMANN_KEY), NULL), MP_OK);
    mp_buf_add_z(&note, NEUMANN_TEXT "\n");
    for (int i = 1; i < MP_NOTE_SIGNATURES_MAX; i++)
        mp_buf_add_z(&note, "\xE2\x80\x94 A AAAAAAAA\n");
    mp_buf_add_z(&note, NEUMANN_SIGNATURE);
    CHECK_INT(mp_note_open(&text, NULL, mp_buf_str(&note), &key, 1, NULL), MP_OK);
    mp_buf_add_z(&note, "\xE2\x80\x94 A AAAAAAAA\n");
    CHECK_INT(mp_note_open(&text, NULL, mp_buf_str(&note), &key, 1, NULL), MP_LIMIT);
    while (note.len <= MP_NOTE_MAX)
        mp_buf_add_z(&note, "\xE2\x80\x94 A AAAAAAAA\n");
    CHECK_INT(mp_note_open(&text, NULL, mp_buf_str(&note), &key, 1, NULL), MP_LIMIT);
    mp_buf_free(&note);
}

TEST(several_keys_sign_one_note)
{
    mp_signer         *old_key = signer_named("mapae.example/log", 0), *new_key = signer_named("mapae.example/log", 1),
              *other = signer_named("other.example/log", 2);
    const mp_signer *const both[] = { old_key, new_key };
    mp_verifier        keys[] = { *mp_signer_verifier(old_key), *mp_signer_verifier(other), *mp_signer_verifier(new_key) };
    bool               signed_by[3];
    mp_buf             note = MP_BUF_INIT;
    mp_str             text;
    CHECK_INT(mp_note_sign(&note, MP_S("one\n\ntwo\n"), both, 2, NULL), MP_OK);
    CHECK_INT(mp_note_open(&text, signed_by, mp_buf_str(&note), keys, 3, NULL), MP_OK);
    CHECK_STR(text, "one\n\ntwo\n");
    CHECK(signed_by[0] && !signed_by[1] && signed_by[2]);
    CHECK_INT(mp_note_open(&text, signed_by, mp_buf_str(&note), &keys[2], 1, NULL), MP_OK);
    CHECK_INT(mp_note_open(&text, signed_by, mp_buf_str(&note), &keys[1], 1, NULL), MP_FOREIGN);
    /* A key that is known and does not hold spoils the note, whatever the other one says. */
    size_t last = note.len - 4;
    note.ptr[last] = note.ptr[last] == 'A' ? 'B' : 'A';
    CHECK_INT(mp_note_open(&text, signed_by, mp_buf_str(&note), keys, 3, NULL), MP_DAMAGED);
    CHECK_INT(mp_note_open(&text, signed_by, mp_buf_str(&note), keys, 2, NULL), MP_OK);
    mp_buf_clear(&note);
    CHECK_INT(mp_note_sign(&note, MP_S("no newline"), both, 2, NULL), MP_PARAMETER);
    mp_buf_free(&note);
    mp_signer_free(old_key);
    mp_signer_free(new_key);
    mp_signer_free(other);
}

TEST(a_private_key_comes_back_from_pem)
{
    mp_signer *signer, *again;
    mp_buf     pem = MP_BUF_INIT;
    CHECK_INT(mp_signer_make(&signer, MP_S("mapae.example/log"), NULL), MP_OK);
    CHECK_INT(mp_signer_pem(&pem, signer, NULL), MP_OK);
    CHECK(mp_str_starts(mp_buf_str(&pem), MP_S("-----BEGIN PRIVATE KEY-----\n")));
    CHECK_INT(mp_signer_from_pem(&again, MP_S("mapae.example/log"), mp_buf_str(&pem), NULL), MP_OK);
    assert_memory_equal(mp_signer_verifier(again)->key, mp_signer_verifier(signer)->key, 32);
    mp_signer_free(again);
    pem.ptr[40]++;
    pem.len /= 2;
    CHECK_INT(mp_signer_from_pem(&again, MP_S("a"), mp_buf_str(&pem), NULL), MP_FORMAT);
    CHECK_INT(mp_signer_from_pem(&again, MP_S("a"), MP_S(""), NULL), MP_FORMAT);
    /* A key of another kind (X25519). */
    CHECK_INT(mp_signer_from_pem(&again, MP_S("a"),
                                 MP_S("-----BEGIN PRIVATE KEY-----\n"
                                      "MC4CAQAwBQYDK2VuBCIEIAgHBgUEAwIBCAcGBQQDAgEIBwYFBAMCAQgHBgUEAwIB\n"
                                      "-----END PRIVATE KEY-----\n"), NULL), MP_UNSUPPORTED);
    mp_buf_free(&pem);
    mp_signer_free(signer);
}

static bool make_and_read(void *ctx)
{
    (void)ctx;
    mp_signer  *signer = NULL;
    mp_verifier key = { .name = { NULL, 0 } };
    mp_buf      note = MP_BUF_INIT, printed = MP_BUF_INIT;
    mp_str      text;
    uint8_t     seed[32] = { 1 };
    bool        works = mp_signer_from_seed(&signer, MP_S("a"), seed, NULL) == MP_OK;
    if (works) {
        const mp_signer *signers[] = { signer };
        works = mp_note_sign(&note, MP_S("text\n"), signers, 1, NULL) == MP_OK &&
                mp_verifier_text(&printed, mp_signer_verifier(signer), NULL) == MP_OK &&
                mp_verifier_parse(&key, mp_buf_str(&printed), NULL) == MP_OK &&
                mp_note_open(&text, NULL, mp_buf_str(&note), &key, 1, NULL) == MP_OK;
    }
    mp_signer_free(signer);
    mp_buf_free(&note);
    mp_buf_free(&printed);
    return works;
}

TEST(memory_that_runs_out_is_an_error)
{
    CHECK(fault_loop(make_and_read, NULL) >= 3);
}

int main(void)
{
    return MAIN(RUN(a_note_of_another_program_is_read), RUN(every_bit_of_a_note_counts), RUN(a_key_has_one_text),
                RUN(keys_that_are_none_are_refused), RUN(forms_that_are_no_note_are_refused), RUN(a_note_has_limits),
                RUN(several_keys_sign_one_note), RUN(a_private_key_comes_back_from_pem),
                RUN(memory_that_runs_out_is_an_error));
}
