/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.h - somebody else's word for when: RFC 3161 time stamps over checkpoints.
 *
 * A stamp says that the authority saw these bytes (a checkpoint, so every leaf below its size) not later than
 * a time. An authority is asked over HTTP, or is the local one: a key in the data folder, made at first use.
 * The local one is for tests and for sites without a network. It proves no more than that this machine's
 * clock said so.
 *
 * Stamps are kept in a table of the store, each with the text that was stamped and the certificate that its
 * authority was trusted by. */
#ifndef MAPAE_STAMP_H
#define MAPAE_STAMP_H

#include "ledger.h"

extern const mp_schema mp_stamp_schema;

#define MP_STAMP_ANSWER_MAX ((size_t)64 << 10) /* bytes of an authority's answer */
#define MP_STAMP_CA_MAX ((size_t)256 << 10)    /* bytes of the PEM text of the certificates that are trusted */

typedef struct mp_stamp_options {
    const char *url;        /* "http://..." or "https://..."; NULL: the local authority */
    const char *ca_file;    /* PEM: who is trusted to have signed the authority's certificate. Needed with `url` */
    uint32_t    timeout_ms; /* of the whole exchange; 0: 10,000 */
} mp_stamp_options;

typedef struct mp_stamp {
    uint64_t size;       /* of the tree */
    mp_ticks at;         /* as the authority says */
    mp_str   authority;  /* its URL, or "local" */
    mp_str   checkpoint; /* the text that was stamped */
    mp_str   answer;     /* TimeStampResp, DER */
    mp_str   ca;         /* PEM: the certificates that were trusted */
} mp_stamp; /* everything in it is borrowed from the arena it was read into */

/* Stamp the present checkpoint and keep the stamp; talks to the network, so never within a read or a write.
 * When this size has a stamp of this authority, that one is given. Fails with MP_UNAVAILABLE (no answer, or
 * an authority that refuses), MP_DAMAGED (an answer that does not hold), MP_PARAMETER, ... */
MP_MUST_CHECK mp_code mp_stamp_take(mp_stamp *out, mp_store *store, mp_ledger *ledger, const mp_stamp_options *options,
                                    mp_arena *arena, mp_error *err);
/* Oldest first, from tree size `from` on; `limit` 0: 100, at most 1,000. */
MP_MUST_CHECK mp_code mp_stamp_list(mp_stamp **out, size_t *count, mp_store *store, uint64_t from, uint32_t limit,
                                    mp_arena *arena, mp_error *err);
/* Every stamp that is kept holds. Fails with MP_DAMAGED (the sentence names the first). */
MP_MUST_CHECK mp_code mp_stamp_check_all(uint64_t *held, mp_store *store, mp_error *err);

/* ---- without a store ---- */

typedef struct mp_stamp_report {
    mp_ticks at;
    char     signer[200]; /* subject of the certificate that signed, one line */
    char     ca[65];      /* hex of SHA-256 over the DER of the certificate at the end of its chain */
} mp_stamp_report;

/* `answer` is a granted TimeStampResp over `text`, signed by a certificate for time stamping that leads to
 * one of `ca` and was valid then. `nonce`: what the request carried; 0: any. Offline. Fails with MP_DAMAGED,
 * MP_PARAMETER (no certificate in `ca`). */
MP_MUST_CHECK mp_code mp_stamp_verify(mp_stamp_report *out, mp_str answer, mp_str text, mp_str ca, uint64_t nonce,
                                      mp_error *err);
/* The SHA-256 that the answer is over, unverified: to find what was stamped. Fails with MP_DAMAGED. */
MP_MUST_CHECK mp_code mp_stamp_imprint(uint8_t out[32], mp_str answer, mp_error *err);
/* A TimeStampReq over `text`, DER. */
MP_MUST_CHECK mp_code mp_stamp_request(mp_buf *out, mp_str text, uint64_t nonce, mp_error *err);
/* The local authority: its answer to a request, DER; its certificate, PEM. FOLDER/keys/stamp.pem is made when
 * it is not there. */
MP_MUST_CHECK mp_code mp_stamp_answer(mp_buf *out, const char *folder, mp_str request, mp_error *err);
MP_MUST_CHECK mp_code mp_stamp_local_ca(mp_buf *out, const char *folder, mp_error *err);
/* Ask an authority: POST of the request's bytes (RFC 3161, 3.4). Fails with MP_UNAVAILABLE, MP_LIMIT. */
MP_MUST_CHECK mp_code mp_stamp_ask(mp_buf *out, const char *url, uint32_t timeout_ms, mp_str request, mp_error *err);

#endif
