/* SPDX-License-Identifier: Apache-2.0 */
/* What answers the controls of a framework that comes as a spreadsheet. */
#include "answers.h"
#include "sheet_json.h"

static mp_str cell(const mp_sheet_framework *f, const mp_layout_item *item, mp_layout_column column) { return mp_layout_name(&f->layout, item->row, column); }

/* One of the names that answers have. */
static mp_code put_choice(mp_sheet_framework *f, const mp_layout_item *item, const char *member, mp_layout_column column, const char *(*name_of)(unsigned), unsigned count, mp_error *err)
{
    mp_str text = cell(f, item, column), known = MP_S("");
    mp_buf wanted = MP_BUF_INIT;
    if (!text.len)
        return MP_OK;
    for (unsigned i = 0; i < count; i++) {
        mp_str name = mp_str_from(name_of(i));
        mp_buf_printf(&wanted, "%s%.*s", i ? ", " : "", MP_FMT(name));
        known = mp_str_eq_fold(name, text) ? name : known;
    }
    mp_code code = known.len ? mp_buf_check(&wanted, err)
                             : mp_layout_fail(&f->layout, item->row, column, err, MP_FORMAT, "'%.*s' is not known; wanted is one of %.*s", MP_FMT(text), MP_FMT(mp_buf_str(&wanted)));
    mp_buf_free(&wanted);
    if (code == MP_OK)
        mp_jsonw_put_str(&f->w, member, known);
    return code;
}

static const char *checked_by(unsigned i) { return mp_checked_by_name((mp_checked_by)i); }
static const char *responsible(unsigned i) { return mp_responsible_name((mp_responsible)i); }
static const char *nature(unsigned i) { return mp_nature_name((mp_nature)i); }

/* Names, a line for each or apart by commas. */
static void put_names(mp_sheet_framework *f, const mp_layout_item *item, const char *member, mp_layout_column column)
{
    mp_str lines = cell(f, item, column), line, name;
    if (!lines.len)
        return;
    mp_jsonw_key(&f->w, mp_str_from(member));
    mp_jsonw_array(&f->w);
    while (mp_layout_line(&line, &lines))
        while (mp_layout_next(&name, &line, ',', f->arena))
            if (name.len)
                mp_jsonw_str(&f->w, name);
    mp_jsonw_end(&f->w);
}

/* Line by line, both languages beside each other. */
static void put_questions(mp_sheet_framework *f, const mp_layout_item *item)
{
    mp_str en = mp_layout_text(&f->layout, item->row, MP_COLUMN_CONTROLS_QUESTIONS), ko = mp_layout_text(&f->layout, item->row, MP_COLUMN_CONTROLS_QUESTIONS_KO);
    if (!mp_str_trim(en).len && !mp_str_trim(ko).len)
        return;
    mp_jsonw_key(&f->w, MP_S("questions"));
    mp_jsonw_array(&f->w);
    for (;;) {
        mp_str in_en = mp_str_of(NULL, 0), in_ko = mp_str_of(NULL, 0);
        bool   has_en = mp_layout_next(&in_en, &en, '\n', f->arena), has_ko = mp_layout_next(&in_ko, &ko, '\n', f->arena);
        if (!has_en && !has_ko)
            break;
        mp_sheet_put_words(&f->w, NULL, in_en, in_ko);
    }
    mp_jsonw_end(&f->w);
}

/* "kind | every | name | Korean name" */
static mp_code put_evidence_line(mp_sheet_framework *f, const mp_layout_item *item, mp_str line, mp_error *err)
{
    mp_str   parts[4] = { { NULL, 0 } }, rest = line, part;
    size_t   count = 0;
    unsigned months, days;
    while (mp_layout_next(&part, &rest, '|', f->arena)) {
        if (count < MP_COUNT(parts))
            parts[count] = part;
        count++;
    }
    if (count < 3 || count > MP_COUNT(parts) || !parts[0].len || (!parts[2].len && !parts[3].len))
        return mp_layout_fail(&f->layout, item->row, MP_COLUMN_CONTROLS_EVIDENCE, err, MP_FORMAT, "'%.*s' is no evidence; wanted is kind | every | name | Korean name", MP_FMT(line));
    if (!mp_str_eq(parts[1], MP_S("once")) && !mp_str_eq(parts[1], MP_S("change")) && !mp_period_read(&months, &days, parts[1]))
        return mp_layout_fail(&f->layout, item->row, MP_COLUMN_CONTROLS_EVIDENCE, err, MP_FORMAT, "'%.*s' is no period; wanted is one such as P1Y, P3M or P7D, or once, or change",
                              MP_FMT(parts[1]));
    mp_jsonw_object(&f->w);
    mp_jsonw_put_str(&f->w, "kind", parts[0]);
    mp_sheet_put_words(&f->w, "name", parts[2], parts[3]);
    mp_jsonw_put_str(&f->w, "every", parts[1]);
    mp_jsonw_end(&f->w);
    return MP_OK;
}

static mp_code put_evidence(mp_sheet_framework *f, const mp_layout_item *item, mp_error *err)
{
    mp_str lines = cell(f, item, MP_COLUMN_CONTROLS_EVIDENCE), line;
    if (!lines.len)
        return MP_OK;
    mp_jsonw_key(&f->w, MP_S("evidence"));
    mp_jsonw_array(&f->w);
    while (mp_layout_line(&line, &lines))
        if (line.len)
            MP_TRY(put_evidence_line(f, item, line, err));
    mp_jsonw_end(&f->w);
    return MP_OK;
}

static mp_code put_flag(mp_sheet_framework *f, const mp_layout_item *item, const char *member, mp_layout_column column, mp_error *err)
{
    bool is_true;
    if (!cell(f, item, column).len)
        return MP_OK;
    MP_TRY(mp_sheet_flag(&is_true, f, item->row, column, false, err));
    mp_jsonw_put_bool(&f->w, member, is_true);
    return MP_OK;
}

static void put_text(mp_sheet_framework *f, const mp_layout_item *item, const char *member, mp_layout_column column)
{
    mp_str text = cell(f, item, column);
    if (text.len)
        mp_jsonw_put_str(&f->w, member, text);
}

static bool says_something(const mp_sheet_framework *f, const mp_layout_item *item)
{
    for (unsigned column = MP_COLUMN_CONTROLS_CHECKED_BY; column <= MP_COLUMN_CONTROLS_NATURE; column++)
        if (cell(f, item, (mp_layout_column)column).len)
            return true;
    return false;
}

static mp_code put_answer(mp_sheet_framework *f, const mp_layout_item *item, mp_error *err)
{
    mp_jsonw_object(&f->w);
    mp_jsonw_put_str(&f->w, "control", item->id);
    MP_TRY(put_choice(f, item, "checkedBy", MP_COLUMN_CONTROLS_CHECKED_BY, checked_by, MP_CHECKED_BY_COUNT, err));
    mp_sheet_put_words(&f->w, "why", cell(f, item, MP_COLUMN_CONTROLS_WHY), cell(f, item, MP_COLUMN_CONTROLS_WHY_KO));
    MP_TRY(put_choice(f, item, "responsibility", MP_COLUMN_CONTROLS_RESPONSIBILITY, responsible, MP_RESPONSIBLE_COUNT, err));
    MP_TRY(put_flag(f, item, "statedBySource", MP_COLUMN_CONTROLS_STATED, err));
    put_text(f, item, "team", MP_COLUMN_CONTROLS_TEAM);
    put_text(f, item, "service", MP_COLUMN_CONTROLS_SERVICE);
    MP_TRY(put_flag(f, item, "required", MP_COLUMN_CONTROLS_REQUIRED, err));
    MP_TRY(put_choice(f, item, "nature", MP_COLUMN_CONTROLS_NATURE, nature, MP_NATURE_COUNT, err));
    put_names(f, item, "policies", MP_COLUMN_CONTROLS_POLICIES);
    put_names(f, item, "groups", MP_COLUMN_CONTROLS_POLICY_GROUPS);
    put_questions(f, item);
    MP_TRY(put_evidence(f, item, err));
    mp_jsonw_end(&f->w);
    return MP_OK;
}

mp_code mp_sheet_write_answers(mp_sheet_framework *f, mp_error *err)
{
    bool has_any = false;
    for (size_t i = 0; i < f->control_count; i++)
        has_any = has_any || says_something(f, &f->controls[i]);
    if (!has_any)
        return MP_OK;
    mp_jsonw_key(&f->w, MP_S("answers.json"));
    mp_jsonw_object(&f->w);
    mp_jsonw_key(&f->w, MP_S("answers"));
    mp_jsonw_object(&f->w);
    mp_jsonw_put_str(&f->w, "catalog", f->uuid);
    mp_jsonw_key(&f->w, MP_S("controls"));
    mp_jsonw_array(&f->w);
    for (size_t i = 0; i < f->control_count; i++)
        if (says_something(f, &f->controls[i]))
            MP_TRY(put_answer(f, &f->controls[i], err));
    mp_jsonw_end(&f->w);
    mp_jsonw_end(&f->w);
    mp_jsonw_end(&f->w);
    return MP_OK;
}
