/* SPDX-License-Identifier: Apache-2.0 */
#include "package_index.h"

#include "map.h"

static mp_str text_of(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static const mp_json *list_of(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_ARRAY) ? v : NULL;
}

/* ---- does it hold ---- */

static mp_code wrong(mp_error *err, const char *what)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%s", what);
}

static mp_code check_files(mp_map *ids, const mp_json *files, const mp_package_archive *archive,
                           mp_error *err)
{
    for (MP_JSON_EACH(file, files)) {
        mp_str id = text_of(file, "id");
        const mp_package_member *member =
            mp_package_find_evidence(archive, text_of(file, "sha256"));
        const mp_json *size = mp_json_get(file, MP_S("sizeBytes"));
        if (!id.len || !member || !mp_json_is(size, MP_JSON_INT) ||
            (uint64_t)size->u.integer != member->size)
            return wrong(err, "it lists a file that the package does not have");
        MP_TRY(mp_map_put(ids, id, (void *)(uintptr_t)file, err));
    }
    return MP_OK;
}

static mp_code check_control(const mp_map *ids, const mp_json *control, mp_error *err)
{
    const mp_json *rules = list_of(control, "rules");
    if (!text_of(control, "id").len || !text_of(control, "freshness").len || !rules)
        return wrong(err, "one of its controls has no id, freshness and rules");
    for (MP_JSON_EACH(rule, rules)) {
        const mp_json *pieces = list_of(rule, "pieces");
        if (!pieces)
            return wrong(err, "one of its rules has no pieces");
        for (MP_JSON_EACH(piece, pieces))
            if (!mp_map_get(ids, text_of(piece, "id")))
                return wrong(err, "one of its controls names a piece that is not among the files");
    }
    return MP_OK;
}

static mp_code check_controls(const mp_map *ids, const mp_json *controls, mp_error *err)
{
    for (MP_JSON_EACH(control, controls))
        MP_TRY(check_control(ids, control, err));
    return MP_OK;
}

mp_code mp_package_index_check(mp_package_report *report, const mp_json *index,
                               const mp_package_archive *archive, mp_error *err)
{
    const mp_json *controls = list_of(index, "controls"), *files = list_of(index, "files"),
                  *subject = mp_json_get(index, MP_S("subject"));
    mp_map ids = MP_MAP_INIT;
    if (!mp_str_eq(text_of(index, "format"), MP_S(MP_PACKAGE_INDEX_FORMAT)) || !controls || !files)
        return wrong(err, "it is no index of controls and files");
    mp_code code = check_files(&ids, files, archive, err);
    if (code == MP_OK)
        code = check_controls(&ids, controls, err);
    mp_map_free(&ids);
    MP_TRY(code);
    report->has_index = true;
    report->index_framework = text_of(mp_json_get(index, MP_S("framework")), "id");
    report->index_subject =
        text_of(subject, "measure").len ? text_of(subject, "measure") : text_of(subject, "scope");
    report->index_as_of = text_of(index, "asOf");
    report->index_controls = controls->count;
    report->index_files = files->count;
    return MP_OK;
}

/* ---- the page ---- */

static void add_text(mp_buf *b, mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        switch (s.ptr[i]) {
        case '&':
            mp_buf_add_z(b, "&amp;");
            break;
        case '<':
            mp_buf_add_z(b, "&lt;");
            break;
        case '>':
            mp_buf_add_z(b, "&gt;");
            break;
        case '"':
            mp_buf_add_z(b, "&quot;");
            break;
        default:
            mp_buf_add_c(b, s.ptr[i]);
        }
}

static void add_words(mp_buf *b, const mp_json *words)
{
    mp_str ko = text_of(words, "ko"), en = text_of(words, "en");
    add_text(b, ko);
    if (!en.len)
        return;
    mp_buf_add_z(b, ko.len ? " <span class=\"en\" lang=\"en\">" : "<span lang=\"en\">");
    add_text(b, en);
    mp_buf_add_z(b, "</span>");
}

static const struct {
    const char *name, *ko, *en;
} states[] = {
    { "fresh", "유효", "fresh" },
    { "stale", "기한 지남", "stale" },
    { "none", "없음", "none" },
    { "compliant", "적합", "compliant" },
    { "partial", "부분 적합", "partial" },
    { "nonCompliant", "부적합", "non-compliant" },
    { "unknown", "미확인", "unknown" },
    { "notApplicable", "해당 없음", "not applicable" },
};

static void add_state(mp_buf *b, mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(states); i++)
        if (mp_str_eq(name, mp_str_from(states[i].name))) {
            mp_buf_printf(b, "<span class=\"state s-%s\">%s <span lang=\"en\">%s</span></span>",
                          states[i].name, states[i].ko, states[i].en);
            return;
        }
    add_text(b, name);
}

static void add_row(mp_buf *b, const char *ko, const char *en, mp_str value)
{
    if (!value.len)
        return;
    mp_buf_printf(b, "<tr><th>%s <span lang=\"en\">%s</span></th><td>", ko, en);
    add_text(b, value);
    mp_buf_add_z(b, "</td></tr>\n");
}

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Mapae</title>\n<style>\n"
    "body{font-family:sans-serif;line-height:1.5;max-width:70rem;margin:2rem auto;padding:0 "
    "1rem;color:#1a1a1a;background:#fff}\n"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid "
    "#bbb;padding:.35rem .5rem;text-align:left;"
    "vertical-align:top}\nth{background:#f2f2f2}code{font-size:.85em;overflow-wrap:anywhere}[lang="
    "en]{color:#555}\n"
    ".state{white-space:nowrap;font-weight:bold}.s-fresh,.s-compliant{color:#0a5c2b}.s-stale,.s-"
    "partial{color:#7a4b00}"
    ".s-none,.s-nonCompliant{color:#a11212}\n"
    "</style>\n</head>\n<body>\n<h1>증적 목록 <span lang=\"en\">Index of evidence</span></h1>\n";

static const char foot[] =
    "<p>이 쪽은 index.json에서 만들어집니다. <code>mapae verify --key 키파일 패키지파일</code>로 "
    "확인하면 이 쪽과 파일이 모두 로그가 증명한 그대로인지 알 수 "
    "있습니다. 파일은 evidence 폴더에 SHA-256 이름으로 있습니다.</p>\n"
    "<p lang=\"en\">This page is made from index.json. <code>mapae verify --key KEYFILE "
    "PACKAGE</code> checks that page and files are "
    "what the log proves. Files stand in the folder evidence under their "
    "SHA-256.</p>\n</body>\n</html>\n";

static void add_about(mp_buf *b, const mp_json *index)
{
    const mp_json *framework = mp_json_get(index, MP_S("framework")),
                  *scheme = mp_json_get(index, MP_S("scheme")),
                  *subject = mp_json_get(index, MP_S("subject"));
    mp_buf_add_z(b, "<p>");
    add_words(b, mp_json_get(framework, MP_S("title")));
    mp_buf_add_z(b, "</p>\n<table>\n");
    add_row(b, "프레임워크", "Framework", text_of(framework, "id"));
    add_row(b, "유형", "Scheme", text_of(scheme, "id"));
    add_row(b, "범위", "Scope", text_of(subject, "scope"));
    add_row(b, "측정 대상", "Measure", text_of(subject, "measure"));
    add_row(b, "기준 일시", "As of", text_of(index, "asOf"));
    mp_buf_add_z(b, "</table>\n");
}

/* The place of a file in the list, for people to find it by. */
static size_t number_of(const mp_map *numbers, mp_str id)
{
    return (size_t)(uintptr_t)mp_map_get(numbers, id);
}

static void add_rules(mp_buf *b, const mp_json *rules, const mp_map *numbers)
{
    for (MP_JSON_EACH(rule, rules)) {
        mp_buf_add_z(b, "<div>");
        add_state(b, text_of(rule, "freshness"));
        mp_buf_add_c(b, ' ');
        add_words(b, mp_json_get(rule, MP_S("name")));
        for (MP_JSON_EACH(piece, list_of(rule, "pieces"))) {
            size_t n = number_of(numbers, text_of(piece, "id"));
            mp_buf_printf(b, " <a href=\"#f%zu\">[%zu]</a>", n, n);
        }
        mp_buf_add_z(b, "</div>");
    }
}

static void add_controls(mp_buf *b, const mp_json *controls, const mp_map *numbers)
{
    mp_buf_add_z(
        b,
        "<h2>통제 <span lang=\"en\">Controls</span></h2>\n<table>\n<tr><th>번호 <span "
        "lang=\"en\">No.</span></th>"
        "<th>통제 <span lang=\"en\">Control</span></th><th>상태 <span lang=\"en\">State</span></th>"
        "<th>증적 <span lang=\"en\">Evidence</span></th></tr>\n");
    for (MP_JSON_EACH(control, controls)) {
        mp_str state = text_of(control, "state");
        mp_buf_add_z(b, "<tr><td>");
        add_text(b, text_of(control, "label"));
        mp_buf_add_z(b, "</td><td>");
        add_words(b, mp_json_get(control, MP_S("title")));
        mp_buf_add_z(b, "</td><td>");
        add_state(b, state.len ? state : text_of(control, "freshness"));
        mp_buf_add_z(b, "</td><td>");
        add_rules(b, list_of(control, "rules"), numbers);
        mp_buf_add_z(b, "</td></tr>\n");
    }
    mp_buf_add_z(b, "</table>\n");
}

static void add_files(mp_buf *b, const mp_json *files)
{
    size_t n = 0;
    mp_buf_add_z(b, "<h2>파일 <span lang=\"en\">Files</span></h2>\n<table>\n<tr><th></th><th>제목 "
                    "<span lang=\"en\">Title</span></th>"
                    "<th>종류 <span lang=\"en\">Kind</span></th><th>파일 이름 <span "
                    "lang=\"en\">File name</span></th>"
                    "<th>받은 때 <span lang=\"en\">Taken</span></th><th>evidence/</th></tr>\n");
    for (MP_JSON_EACH(file, files)) {
        static const char *const cells[] = { "title", "kind", "fileName", "takenAt" };
        n++;
        mp_buf_printf(b, "<tr id=\"f%zu\"><td>%zu</td>", n, n);
        for (size_t i = 0; i < MP_COUNT(cells); i++) {
            mp_buf_add_z(b, "<td>");
            add_text(b, text_of(file, cells[i]));
            mp_buf_add_z(b, "</td>");
        }
        mp_buf_add_z(b, "<td><code>");
        add_text(b, text_of(file, "sha256"));
        mp_buf_add_z(b, "</code></td></tr>\n");
    }
    mp_buf_add_z(b, "</table>\n");
}

void mp_package_index_page(mp_buf *out, const mp_json *index)
{
    const mp_json *controls = list_of(index, "controls"), *files = list_of(index, "files");
    mp_map numbers = MP_MAP_INIT;
    size_t n = 0;
    mp_buf_add_z(out, head);
    add_about(out, index);
    if (files)
        for (MP_JSON_EACH(file, files))
            if (mp_map_put(&numbers, text_of(file, "id"), (void *)(uintptr_t)++n, NULL) != MP_OK)
                out->failed = true;
    if (controls)
        add_controls(out, controls, &numbers);
    if (files)
        add_files(out, files);
    mp_map_free(&numbers);
    mp_buf_add_z(out, foot);
}
