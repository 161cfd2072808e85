/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a measure, from whose dates the calendar of audits is reckoned; and one of another kind, which
 * stands in for a part of the assessment. */
#include "certificate_substitution.h"

#define CERTIFICATE "/api/v1/measures/%s/certificate"

static const mp_column own_columns[] = {
    { "number", "column.certificate", NULL },
    { "issuer", "column.issuer", NULL },
    { "issued", "column.issued", NULL },
    { "expires", "column.expires", NULL },
};

static const mp_option measure_operand = {
    .value = "MEASURE", .help = "operand.measure", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

struct set_args {
    mp_place place;
    int format;
    const char *name;
    const char *number, *issuer, *issued, *expires;
};
static const mp_option set_options[] = {
    { .name = "number", .value = "TEXT", .help = "option.certificate.number", MP_FIELD(struct set_args, number) },
    { .name = "issuer", .value = "NAME", .help = "option.certificate.issuer", MP_FIELD(struct set_args, issuer) },
    { .name = "issued",
      .value = "DAY",
      .help = "option.certificate.issued",
      .is_required = true,
      MP_FIELD(struct set_args, issued) },
    { .name = "expires", .value = "DAY", .help = "option.certificate.expires", MP_FIELD(struct set_args, expires) },
    MP_ANSWER_OPTIONS(struct set_args),
};

static mp_code set(mp_client *client, const void *args_, mp_error *err)
{
    const struct set_args *args = args_;
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "number", args->number);
    mp_client_member(&w, "issuer", args->issuer);
    mp_client_member(&w, "issued", args->issued);
    mp_client_member(&w, "expires", args->expires);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    mp_str path = mp_client_path(client, CERTIFICATE, mp_client_quote(client, mp_str_from(args->name)));
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(client, MP_PUT, path, body, err));
    return mp_client_show(client, own_columns, MP_COUNT(own_columns), err);
}

static const mp_command subs[] = {
    MP_SUB_OWN("certificate", "set",
               " portal --number CSAP-2026-017 --issuer KISA --issued 2026-03-02 --expires 2031-03-01",
               &measure_operand, set_options, struct set_args, set),
    MP_SUB_READ("certificate", "show", " portal", &measure_operand, .path = "/api/v1/measures/{}/certificate",
                MP_COLUMNS(own_columns)),
    MP_SUB_SURE("certificate", "remove", " portal --yes", &measure_operand, .method = MP_DELETE,
                .path = "/api/v1/measures/{}/certificate", .said = "certificate.removed"),
    MP_SUB_OWN("certificate", "substitute",
               " portal --number ISMS-KISA-2025-011 --issued 2025-04-01 --expires 2028-03-31 --scope 'Portal service' "
               "--covers-scope",
               &measure_operand, mp_substitute_options, struct mp_substitute_args, mp_certificate_substitute),
    MP_SUB_OWN("certificate", "substitution", " portal", &measure_operand, mp_read_options, mp_read_args,
               mp_certificate_substitution),
    MP_SUB_SURE("certificate", "end-substitution", " portal --yes", &measure_operand, .method = MP_DELETE,
                .path = "/api/v1/measures/{}/substitution", .said = "certificate.ended"),
};

const mp_command mp_command_certificate = {
    MP_GROUP("certificate", "set",
             " portal --number CSAP-2026-017 --issuer KISA --issued 2026-03-02 --expires 2031-03-01"),
    .exits = MP_EXITS_USUAL
};
