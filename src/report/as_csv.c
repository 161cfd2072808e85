/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4180, with a byte order mark, without which Excel reads Korean as the local code page. The
 * names of the columns are those of the JSON record and never change with the language. */
#include "formats.h"

#include "escape.h"
#include "words.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

static mp_code csv_begin(mp_report *r, mp_error *err)
{
    (void)err;
    mp_buf_add(&r->out,
               MP_S(BYTE_ORDER_MARK
                    "timestamp,complianceState,resourceName,resourceType,resourceLocation,"
                    "resourceGroup,subscriptionId,resourceId,policyDisplayName,"
                    "policyDefinitionName,policyDefinitionReferenceId,policyDefinitionGroupNames,"
                    "policyDefinitionCategory,policyDefinitionAction,severity,reasonCode,reason,"
                    "policyDefinitionId,policySetDefinitionId,policyAssignmentId,sourceFile,"
                    "sourceIndex,sourceLine\r\n"));
    return MP_OK;
}

static void cell(mp_buf *out, mp_str value)
{
    mp_escape_csv(out, value);
    mp_buf_add_c(out, ',');
}

/* The control ids of a check, with "; " between. */
static void groups_cell(mp_buf *out, const mp_report *r, const mp_scan_check *check)
{
    mp_buf names = MP_BUF_INIT;
    for (uint32_t i = 0; i < check->group_count; i++) {
        if (i)
            mp_buf_add(&names, MP_S("; "));
        mp_buf_add(&names, r->summary->groups[check->groups[i]].name);
    }
    cell(out, mp_buf_str(&names));
    out->failed |= names.failed;
    mp_buf_free(&names);
}

static void reason_cell(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    mp_buf sentence = MP_BUF_INIT;
    mp_report_reason(&sentence, r->options.lang, rec);
    cell(out, mp_buf_str(&sentence));
    out->failed |= sentence.failed;
    mp_buf_free(&sentence);
}

static void csv_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    const mp_scan_check *check = mp_report_check(r, rec);
    const mp_resource   *resource = rec->resource;
    char                 at[MP_CLOCK_SHORT];
    mp_clock_format_short(at, rec->time);
    cell(out, mp_str_from(at));
    cell(out, mp_states[rec->state].text);
    cell(out, mp_words_resource(resource));
    cell(out, resource->type);
    cell(out, resource->location);
    cell(out, resource->resource_group);
    cell(out, resource->subscription_id);
    cell(out, resource->id);
    cell(out, mp_words_check(r->options.lang, check));
    cell(out, check->policy_name);
    cell(out, check->reference_id);
    groups_cell(out, r, check);
    cell(out, check->category);
    cell(out, mp_report_effect(check, rec));
    cell(out, check->severity);
    cell(out, mp_reasons[rec->reason]);
    reason_cell(out, r, rec);
    cell(out, check->policy_id);
    cell(out, check->initiative_id);
    cell(out, check->assignment_id);
    cell(out, mp_str_from(rec->origin->file));
    mp_buf_printf(out, "%llu,", (unsigned long long)rec->origin->index);
    if (rec->origin->line)
        mp_buf_printf(out, "%llu", (unsigned long long)rec->origin->line);
    mp_buf_add(out, MP_S("\r\n"));
}

const mp_report_format mp_report_csv = {
    .name = "csv",
    .media_type = "text/csv; charset=utf-8",
    .extension = "csv",
    .states = STATES_ALL,
    .begin = csv_begin,
    .record = csv_record,
};
