/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

static const mp_column list_columns[] = {
    { "displayName", "column.displayName", NULL }, { "issuer", "column.issuer", NULL },
    { "clientId", "column.appId", NULL },
    { "isEnabled", "column.isEnabled", NULL },     { "id", "column.id", NULL },
};

static const mp_column provider_columns[] = {
    { "id", "column.id", NULL },
    { "displayName", "column.displayName", NULL },
    { "issuer", "column.issuer", NULL },
    { "clientId", "column.appId", NULL },
    { "scopes", "column.scopes", NULL },
    { "userClaim", "column.userClaim", NULL },
    { "groupsClaim", "column.groupsClaim", NULL },
    { "groupMap", "column.groupMap", NULL },
    { "createsUsers", "column.createsUsers", NULL },
    { "trustsFactor", "column.trustsFactor", NULL },
    { "isEnabled", "column.isEnabled", NULL },
};

static const mp_option file_operand = {
    .value = "FILE", .help = "operand.provider.file", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name),
};

static const mp_option provider_operand = {
    .value = "PROVIDER", .help = "operand.provider", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name),
};

static const mp_command subs[] = {
    MP_SUB_FILE("provider", "add", " provider.json", &file_operand, "/api/v1/identity-providers", provider_columns),
    MP_SUB_READ("provider", "list", "", NULL, .path = "/api/v1/identity-providers?top=500", .thing = NULL,
                MP_COLUMNS(list_columns), .is_list = true),
    MP_SUB_READ("provider", "show", " Keycloak", &provider_operand, .path = "/api/v1/identity-providers/{}",
                .thing = &mp_thing_provider,
               MP_COLUMNS(provider_columns)),
    MP_SUB_ASK("provider", "delete", " Keycloak", &provider_operand, MP_DELETE, "/api/v1/identity-providers/{}",
               &mp_thing_provider,
               .said = "provider.deleted"),
};

const mp_command mp_command_provider = { MP_GROUP("provider", "add", " provider.json"), .exits = MP_EXITS_USUAL };
