/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include "fault.h"
#include "secret.h"
#include "test.h"

/* Made outside of Mapae: `openssl pkeyutl -sign -rawin` with the key of RFC 8032, 7.1, test 1. */
#define ORIGIN "mapae.example/log"
#define TEXT ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
#define SIGNATURE "HxN1YHFuaoGjgI/0HZ/eMKQ7FK5SC4FvFWn4eX484w+SXKGVsXxC+CcfkNJCuzGQmHBqRX07yE7WWIO/HPxvEUkvRAw="
#define KEY "mapae.example/log+1f137560+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define NOTE TEXT "\n\xE2\x80\x94 " ORIGIN " " SIGNATURE "\n"
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define ROOT "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

static mp_signer *signer_named(const char *name)
{
    mp_signer *signer;
    uint8_t    seed[32];
    CHECK(mp_unhex(seed, sizeof seed, MP_S(SEED)));
    CHECK_INT(mp_signer_from_seed(&signer, mp_str_from(name), seed, NULL), MP_OK);
    return signer;
}

TEST(a_checkpoint_has_the_known_text)
{
    mp_checkpoint    checkpoint = { .origin = MP_S(ORIGIN), .size = 8 };
    mp_signer       *signer = signer_named(ORIGIN);
    const mp_signer *signers[] = { signer };
    mp_buf           text = MP_BUF_INIT, note = MP_BUF_INIT, key = MP_BUF_INIT;
    CHECK(mp_unhex(checkpoint.root, sizeof checkpoint.root, MP_S(ROOT)));
    CHECK_INT(mp_checkpoint_text(&text, &checkpoint, NULL), MP_OK);
    CHECK_STR(mp_buf_str(&text), TEXT);
    CHECK_INT(mp_note_sign(&note, mp_buf_str(&text), signers, 1, NULL), MP_OK);
    CHECK_STR(mp_buf_str(&note), NOTE);
    CHECK_INT(mp_verifier_text(&key, mp_signer_verifier(signer), NULL), MP_OK);
    CHECK_STR(mp_buf_str(&key), KEY);
    mp_buf_free(&text);
    mp_buf_free(&note);
    mp_buf_free(&key);
    mp_signer_free(signer);
}

TEST(a_known_checkpoint_is_opened)
{
    mp_checkpoint found;
    mp_verifier   key;
    char          hex[65];
    CHECK_INT(mp_verifier_parse(&key, MP_S(KEY), NULL), MP_OK);
    CHECK_INT(mp_checkpoint_open(&found, NULL, MP_S(NOTE), &key, 1, NULL), MP_OK);
    CHECK_STR(found.origin, ORIGIN);
    CHECK(found.size == 8);
    mp_hex(hex, found.root, sizeof found.root);
    CHECK_STR(mp_str_from(hex), ROOT);
}

TEST(every_byte_of_a_checkpoint_counts)
{
    char        changed[] = NOTE;
    mp_verifier key;
    CHECK_INT(mp_verifier_parse(&key, MP_S(KEY), NULL), MP_OK);
    for (size_t bit = 0; bit < (sizeof changed - 1) * 8; bit++) {
        mp_checkpoint found;
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
        CHECK(mp_checkpoint_open(&found, NULL, mp_str_of(changed, sizeof changed - 1), &key, 1, NULL) != MP_OK);
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
    }
}

TEST(texts_that_are_no_checkpoint_are_refused_with_their_line)
{
    static const struct { const char *text; uint32_t line; } cases[] = {
        { "", 1 },
        { "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 1 },
        { "origin", 1 },
        { "origin\n", 2 },
        { "origin\n\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n08\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n+8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n-8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n8 \nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n9223372036854775808\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n18446744073709551617\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n", 2 },
        { "origin\n8\n", 3 },
        { "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=", 3 },
        { "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQy==\n", 3 },
        { "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyx=\n", 3 },
        { "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg\n", 3 },
        { "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n", 4 },
        { "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\nmore\nand", 5 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_checkpoint found;
        mp_error      err = { 0 };
        CHECK_INT(mp_checkpoint_parse(&found, mp_str_from(cases[i].text), &err), MP_SYNTAX);
        CHECK_INT(err.pos.line, cases[i].line);
    }
    mp_checkpoint found;
    CHECK_INT(
        mp_checkpoint_parse(&found, MP_S("origin\n0\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\nmore\n"), NULL),
        MP_OK);
    CHECK(found.size == 0);
    CHECK_INT(mp_checkpoint_parse(
                  &found, MP_S("o\n9223372036854775807\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"), NULL),
              MP_OK);
    CHECK(found.size == MP_TREE_MAX);
}

TEST(a_key_of_another_name_does_not_sign_for_a_log)
{
    mp_signer       *witness = signer_named("witness.example"), *log = signer_named(ORIGIN);
    const mp_signer *only[] = { witness }, *both[] = { witness, log };
    mp_verifier      keys[] = { *mp_signer_verifier(witness), *mp_signer_verifier(log) };
    mp_buf           note = MP_BUF_INIT;
    mp_checkpoint    found;
    bool             signed_by[2];
    CHECK_INT(mp_note_sign(&note, MP_S(TEXT), only, 1, NULL), MP_OK);
    CHECK_INT(mp_checkpoint_open(&found, NULL, mp_buf_str(&note), keys, 2, NULL), MP_FOREIGN);
    mp_buf_clear(&note);
    CHECK_INT(mp_note_sign(&note, MP_S(TEXT), both, 2, NULL), MP_OK);
    CHECK_INT(mp_checkpoint_open(&found, signed_by, mp_buf_str(&note), keys, 2, NULL), MP_OK);
    CHECK(signed_by[0] && signed_by[1]);
    CHECK_INT(mp_checkpoint_open(&found, NULL, mp_buf_str(&note), keys, 1, NULL), MP_FOREIGN);
    mp_buf_free(&note);
    mp_signer_free(witness);
    mp_signer_free(log);
}

static bool print_and_parse(void *ctx)
{
    (void)ctx;
    mp_checkpoint checkpoint = { .origin = MP_S(ORIGIN), .size = 7 }, found;
    mp_buf        text = MP_BUF_INIT;
    mp_error      err = { 0 };
    bool          works = mp_checkpoint_text(&text, &checkpoint, &err) == MP_OK;
    if (works)
        works = mp_checkpoint_parse(&found, mp_buf_str(&text), &err) == MP_OK;
    CHECK(works || err.code == MP_NOMEM);
    mp_buf_free(&text);
    return works;
}

TEST(memory_that_runs_out_is_an_error)
{
    CHECK(fault_loop(print_and_parse, NULL) >= 3);
}

int main(void)
{
    return MAIN(RUN(a_checkpoint_has_the_known_text), RUN(a_known_checkpoint_is_opened),
                RUN(every_byte_of_a_checkpoint_counts), RUN(texts_that_are_no_checkpoint_are_refused_with_their_line),
                RUN(a_key_of_another_name_does_not_sign_for_a_log), RUN(memory_that_runs_out_is_an_error));
}
