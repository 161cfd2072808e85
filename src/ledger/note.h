/* SPDX-License-Identifier: Apache-2.0 */
/* note.h - texts with signatures under them: C2SP signed-note, with Ed25519.
 *
 *   any text of lines
 *
 *   — NAME BASE64(4 bytes of key hash, signature)
 *
 * The key hash is the beginning of SHA-256(NAME, 0x0A, 0x01, public key): it says which key to try and proves
 * nothing. A verifier key as text is NAME+HEX(key hash)+BASE64(0x01, public key). Pure functions, usable
 * offline. */
#ifndef MAPAE_LEDGER_NOTE_H
#define MAPAE_LEDGER_NOTE_H

#include "arena.h"
#include "buf.h"

#define MP_NOTE_MAX ((size_t)1 << 20) /* bytes of a note */
#define MP_NOTE_SIGNATURES_MAX 100    /* lines of signatures in one */
#define MP_KEY_NAME_MAX 255           /* bytes */

typedef struct mp_verifier {
    mp_str  name;
    uint8_t id[4]; /* key hash */
    uint8_t key[32];
} mp_verifier;

/* No blanks, no '+', no control characters, UTF-8, not empty. */
bool mp_key_name_ok(mp_str name);
/* Out of a public key. `name` is borrowed. Fails with MP_PARAMETER (the name), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_verifier_of(mp_verifier *out, mp_str name, const uint8_t key[32], mp_error *err);
/* Out of its text; `out->name` is borrowed from it. Fails with MP_SYNTAX, MP_UNSUPPORTED (no Ed25519),
 * MP_DAMAGED (the key hash is not that of the key). */
MP_MUST_CHECK mp_code mp_verifier_parse(mp_verifier *out, mp_str text, mp_error *err);
/* Append its text. */
MP_MUST_CHECK mp_code mp_verifier_text(mp_buf *out, const mp_verifier *verifier, mp_error *err);

/* The text of a note, with its last newline, borrowed from `note`, when at least one of `keys` signed it. A
 * signature of a key that is not given is passed by; one of a key that is given and does not hold fails the
 * note. `signed_by` (may be NULL) has `count` flags. Fails with MP_SYNTAX, MP_LIMIT, MP_DAMAGED (a signature
 * does not hold), MP_FOREIGN (none of the keys signed it). */
MP_MUST_CHECK mp_code mp_note_open(mp_str *text, bool *signed_by, mp_str note, const mp_verifier *keys, size_t count,
                                   mp_error *err);
/* The same without keys: only its form. */
MP_MUST_CHECK mp_code mp_note_split(mp_str *text, mp_str *signatures, mp_str note, mp_error *err);

/* ---- signing ---- */

typedef struct mp_signer mp_signer; /* a private key and its name; never changes, so any thread may sign with it */

MP_MUST_CHECK mp_code mp_signer_make(mp_signer **out, mp_str name, mp_error *err); /* a new key */
/* RFC 8032, 5.1.5 */
MP_MUST_CHECK mp_code mp_signer_from_seed(mp_signer **out, mp_str name, const uint8_t seed[32], mp_error *err);
/* PKCS#8 in PEM. Fails with MP_FORMAT, MP_UNSUPPORTED (no Ed25519). */
MP_MUST_CHECK mp_code mp_signer_from_pem(mp_signer **out, mp_str name, mp_str pem, mp_error *err);
MP_MUST_CHECK mp_code mp_signer_copy(mp_signer **out, const mp_signer *signer, mp_error *err); /* both share the key */
MP_MUST_CHECK mp_code mp_signer_pem(mp_buf *out, const mp_signer *signer, mp_error *err); /* wipe it after use */
const mp_verifier    *mp_signer_verifier(const mp_signer *signer); /* borrowed */
void                  mp_signer_free(mp_signer *signer);           /* NULL is fine */
static inline void    mp_signer_freep(mp_signer **signer) { mp_signer_free(*signer); }

/* Append the note of `text` (which ends in a newline), signed by each of the signers in turn. */
MP_MUST_CHECK mp_code mp_note_sign(mp_buf *out, mp_str text, const mp_signer *const *signers, size_t count,
                                   mp_error *err);

#endif
