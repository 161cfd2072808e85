/* SPDX-License-Identifier: Apache-2.0 */
/* The record says what a file is, how long it must stay and who forbade to delete it; evidence_file.c keeps
 * the bytes. A record is written by the writer's thread and so is the decision that a file is nobody's, so
 * neither can slip past the other. */
#include "evidence.h"

#include "evidence_file.h"
#include "jsonw.h"
#include "utf8.h"

#define TITLE_MAX 500        /* bytes */
#define DESCRIPTION_MAX 4000 /* bytes */
#define NAME_MAX_BYTES 1024  /* of a link, a media type, a source */
#define LINKS_MAX 1000
#define HOLDS_MAX 100
#define HOLD_ID_MAX 200 /* bytes */
#define KIND_MAX 40     /* bytes */
#define FILE_NAME_MAX 255 /* bytes */
#define OWNER_MAX 200     /* bytes */
#define SCOPE_MAX 1024    /* bytes */
#define FACTS_NODES_MAX 20000
#define SECONDS_PER_DAY (MP_TICKS_PER_DAY / MP_TICKS_PER_SECOND)

static const mp_record_index indexes[] = {
    { .name = "sha256", .path = "sha256" },           { .name = "link", .path = "links" },
    { .name = "title", .path = "title", .folds = true }, { .name = "collectedAt", .path = "collectedAt" },
    { .name = "keepUntil", .path = "keepUntil" },     { .name = "source", .path = "source" },
    { .name = "kind", .path = "kind" },               { .name = "owner", .path = "owner", .folds = true },
    { .name = "scope", .path = "scope" },
};

const mp_kind mp_evidence_kind = { .name = "evidence", .indexes = indexes, .index_count = MP_COUNT(indexes) };

/* ---- bytes ---- */

mp_code mp_evidence_begin(mp_evidence_sink **out, mp_store *store, mp_error *err)
{
    return mp_evidence_file_begin(out, mp_store_folder(store), err);
}

mp_code mp_evidence_read(mp_store *store, mp_str sha256, mp_code (*each)(void *ctx, mp_str bytes, mp_error *err),
                         void *ctx, mp_error *err)
{
    return mp_evidence_file_read(NULL, mp_store_folder(store), sha256, each, ctx, err);
}

/* ---- what a record may say ---- */

static mp_code check_text(const mp_json *v, const char *name, size_t most, bool is_needed, mp_error *err)
{
    if (!v && !is_needed)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_STRING))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "evidence needs \"%s\" as text", name);
    if (v->count == 0 || v->count > most)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" has %u bytes, wanted 1 to %zu", name, v->count, most);
    return MP_OK;
}

static mp_code check_time(const mp_json *v, const char *name, mp_error *err)
{
    mp_ticks at;
    if (v && (!mp_json_is(v, MP_JSON_STRING) || !mp_clock_parse(&at, mp_json_str(v))))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" must be a time of ISO 8601", name);
    return MP_OK;
}

static mp_code check_array(const mp_json *v, const char *name, size_t most, mp_error *err)
{
    if (v && !mp_json_is(v, MP_JSON_ARRAY))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" must be an array", name);
    if (v && v->count > most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "\"%s\" has %u entries; at most %zu", name, v->count, most);
    return MP_OK;
}

static mp_code check_members(const mp_json *body, mp_error *err)
{
    static const char *const known[] = { "title", "description", "mediaType", "sha256",    "sizeBytes",  "links",
                                         "collectedAt", "keepUntil",   "hold",      "source", "collectedBy",
                                         "takenAt", "kind", "owner", "fileName", "every", "validFrom", "validUntil",
                                         "scope", "facts" };
    if (!mp_json_is(body, MP_JSON_OBJECT))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a record of evidence must be an object");
    for (MP_JSON_MEMBERS(key, body)) {
        bool is_known = false;
        for (size_t i = 0; i < MP_COUNT(known); i++)
            is_known = is_known || mp_str_eq(mp_json_str(key), mp_str_from(known[i]));
        if (!is_known)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "evidence has no member \"%.*s\"", MP_FMT(mp_json_str(key)));
    }
    return MP_OK;
}

/* It becomes a header of an answer: visible ASCII, and blanks between parameters. */
static bool is_media_type(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
            return false;
    return mp_str_find(s, '/') != SIZE_MAX;
}

/* "document", "log", "verdicts": a word that rules of controls use too. */
static bool is_kind(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '-'))
            return false;
    return true;
}

/* Marks that reorder what is read: "invoice<U+202E>fdp.exe" shows as "invoiceexe.pdf" (UTR 36, UAX 9). */
static bool turns_direction(uint32_t cp)
{
    return cp == 0x061C || cp == 0x200E || cp == 0x200F || cp == 0x2028 || cp == 0x2029 ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

/* What somebody's disk calls it: a name and never a path. It is shown, and offered to who saves it. */
static bool is_file_name(mp_str s)
{
    uint32_t cp;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = mp_utf8_decode(&cp, s.ptr + i, s.len - i);
        if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '/' || cp == '\\' || turns_direction(cp))
            return false;
    }
    return !mp_str_eq(s, MP_S(".")) && !mp_str_eq(s, MP_S(".."));
}

static bool is_every(mp_str s)
{
    unsigned months, days;
    return mp_str_eq(s, MP_S("once")) || mp_str_eq(s, MP_S("change")) || mp_period_read(&months, &days, s);
}

/* A place of the cloud: folded, as rights are asked. */
static bool is_scope(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
            return false;
    return mp_str_starts(s, MP_S("/"));
}

/* What is said of what a file is evidence of, and for how long. */
static mp_code check_use(const mp_json *body, mp_error *err)
{
    static const struct {
        const char *name;
        size_t      most;
        bool (*is)(mp_str s);
        const char *wanted;
    } texts[] = {
        { "kind", KIND_MAX, is_kind, "a word of a-z, 0-9 and '-'" },
        { "fileName", FILE_NAME_MAX, is_file_name, "a name without slashes, control characters and marks that turn the direction of writing" },
        { "every", 10, is_every, "a period like P1Y, P3M, P2W, P1D, or once, or change" },
        { "scope", SCOPE_MAX, is_scope, "a place of the cloud, in lower case" },
        { "owner", OWNER_MAX, NULL, NULL },
    };
    const mp_json *facts = mp_json_get(body, MP_S("facts"));
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        const mp_json *v = mp_json_get(body, mp_str_from(texts[i].name));
        MP_TRY(check_text(v, texts[i].name, texts[i].most, false, err));
        if (v && texts[i].is && !texts[i].is(mp_json_str(v)))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" is \"%.*s\"; wanted is %s", texts[i].name,
                           MP_FMT(mp_json_str(v)), texts[i].wanted);
    }
    if (facts && (!mp_json_is(facts, MP_JSON_OBJECT) || mp_json_nodes(facts) > FACTS_NODES_MAX))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"facts\" must be an object of at most %d values",
                       FACTS_NODES_MAX);
    MP_TRY(check_time(mp_json_get(body, MP_S("validFrom")), "validFrom", err));
    return check_time(mp_json_get(body, MP_S("validUntil")), "validUntil", err);
}

static mp_code check_body(const mp_json *body, mp_error *err)
{
    const mp_json *media = mp_json_get(body, MP_S("mediaType")), *links = mp_json_get(body, MP_S("links"));
    MP_TRY(check_members(body, err));
    MP_TRY(check_text(mp_json_get(body, MP_S("title")), "title", TITLE_MAX, true, err));
    MP_TRY(check_text(mp_json_get(body, MP_S("description")), "description", DESCRIPTION_MAX, false, err));
    MP_TRY(check_text(media, "mediaType", NAME_MAX_BYTES, true, err));
    if (!is_media_type(mp_json_str(media)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%.*s\" is no media type", MP_FMT(mp_json_str(media)));
    MP_TRY(check_text(mp_json_get(body, MP_S("sha256")), "sha256", 64, true, err));
    MP_TRY(check_text(mp_json_get(body, MP_S("source")), "source", NAME_MAX_BYTES, false, err));
    MP_TRY(check_text(mp_json_get(body, MP_S("collectedBy")), "collectedBy", NAME_MAX_BYTES, false, err));
    MP_TRY(check_time(mp_json_get(body, MP_S("collectedAt")), "collectedAt", err));
    MP_TRY(check_time(mp_json_get(body, MP_S("keepUntil")), "keepUntil", err));
    MP_TRY(check_array(links, "links", LINKS_MAX, err));
    if (links)
        for (MP_JSON_EACH(link, links))
            MP_TRY(check_text(link, "links", NAME_MAX_BYTES, true, err));
    return check_use(body, err);
}

/* ---- writing a record ---- */

/* The member as given, or as the record before has it. */
static const mp_json *given_or(const mp_json *body, const mp_json *before, mp_str name)
{
    const mp_json *v = mp_json_get(body, name);
    return v ? v : mp_json_get(before, name);
}

static mp_ticks time_of(const mp_json *v, mp_ticks otherwise)
{
    mp_ticks at = otherwise;
    if (mp_json_is(v, MP_JSON_STRING))
        mp_clock_parse(&at, mp_json_str(v));
    return at;
}

struct times {
    mp_ticks taken, keep;
    char     taken_text[MP_CLOCK_SHORT], collected_text[MP_CLOCK_SHORT], keep_text[MP_CLOCK_SHORT];
};

/* Times are written one way whatever way they came, so that their order as text is their order. What is
 * counted is counted from our own clock: a time of collection is what somebody says. */
static mp_code settle_times(struct times *t, const mp_json *body, const mp_json *before, mp_ticks now, mp_error *err)
{
    const mp_json *source = given_or(body, before, MP_S("source"));
    bool           is_access = mp_json_is(source, MP_JSON_STRING) && mp_str_eq(mp_json_str(source), MP_S("access"));
    t->taken = time_of(mp_json_get(before, MP_S("takenAt")), now);
    t->keep = time_of(given_or(body, before, MP_S("keepUntil")), t->taken + MP_EVIDENCE_KEEP_DAYS * MP_TICKS_PER_DAY);
    mp_clock_format_short(t->taken_text, t->taken);
    mp_clock_format_short(t->collected_text, time_of(given_or(body, before, MP_S("collectedAt")), t->taken));
    mp_clock_format_short(t->keep_text, t->keep);
    if (is_access &&
        t->keep / MP_TICKS_PER_SECOND < t->taken / MP_TICKS_PER_SECOND + MP_EVIDENCE_KEEP_ACCESS_DAYS * SECONDS_PER_DAY)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "records of access are kept for %d days at least, not until %s only",
                       MP_EVIDENCE_KEEP_ACCESS_DAYS, t->keep_text);
    if (before && t->keep / MP_TICKS_PER_SECOND < time_of(mp_json_get(before, MP_S("keepUntil")), 0) / MP_TICKS_PER_SECOND)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "evidence that must be kept until %.*s cannot be kept until %s only",
                       MP_FMT(mp_json_str(mp_json_get(before, MP_S("keepUntil")))), t->keep_text);
    return MP_OK;
}

static void add(mp_jsonw *w, mp_str name, const mp_json *value)
{
    if (!value)
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_value(w, value);
}

static void add_time(mp_jsonw *w, mp_str name, const mp_json *value)
{
    char     text[MP_CLOCK_SHORT];
    mp_ticks at;
    if (!value || !mp_clock_parse(&at, mp_json_str(value)))
        return;
    mp_clock_format_short(text, at);
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_arena_dup(w->arena, mp_str_from(text)));
}

/* What the file is stays as it came; what it is used for may change. */
static void add_use(mp_jsonw *w, const mp_json *body, const mp_json *before)
{
    static const char *const changing[] = { "kind", "owner", "every" };
    static const char *const lasting[] = { "fileName", "scope", "facts" };
    for (size_t i = 0; i < MP_COUNT(changing); i++)
        add(w, mp_str_from(changing[i]), mp_json_get(body, mp_str_from(changing[i])));
    for (size_t i = 0; i < MP_COUNT(lasting); i++)
        add(w, mp_str_from(lasting[i]), mp_json_get(before ? before : body, mp_str_from(lasting[i])));
    add_time(w, MP_S("validFrom"), mp_json_get(body, MP_S("validFrom")));
    add_time(w, MP_S("validUntil"), mp_json_get(body, MP_S("validUntil")));
}

static const mp_json *make_body(mp_arena *arena, const mp_json *body, const mp_json *before, const struct times *t,
                                uint64_t size)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    add(&w, MP_S("title"), mp_json_get(body, MP_S("title")));
    add(&w, MP_S("description"), mp_json_get(body, MP_S("description")));
    add(&w, MP_S("mediaType"), mp_json_get(body, MP_S("mediaType")));
    add(&w, MP_S("sha256"), mp_json_get(body, MP_S("sha256")));
    mp_jsonw_put_int(&w, "sizeBytes", (int64_t)size);
    add(&w, MP_S("links"), given_or(body, before, MP_S("links")));
    mp_jsonw_put_str(&w, "takenAt", mp_arena_dup(arena, mp_str_from(t->taken_text)));
    mp_jsonw_put_str(&w, "collectedAt", mp_arena_dup(arena, mp_str_from(t->collected_text)));
    add(&w, MP_S("collectedBy"), given_or(body, before, MP_S("collectedBy")));
    mp_jsonw_put_str(&w, "keepUntil", mp_arena_dup(arena, mp_str_from(t->keep_text)));
    const mp_json *source = given_or(body, before, MP_S("source"));
    add(&w, MP_S("source"), source ? source : mp_json_make_str(arena, MP_S("upload")));
    add(&w, MP_S("hold"), mp_json_get(before, MP_S("hold")));
    add_use(&w, body, before);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_evidence_put(mp_record *out, mp_tx *tx, mp_str key, const mp_json *body, mp_error *err)
{
    mp_arena    *arena = mp_tx_arena(tx);
    mp_record    there = { .body = NULL };
    struct times times;
    uint64_t     size;
    mp_error     inner;
    MP_TRY(check_body(body, err));
    mp_code code = mp_record_get(&there, tx, &mp_evidence_kind, key, 0, arena, &inner);
    if (code != MP_OK && code != MP_MISSING) {
        if (err)
            *err = inner;
        return code;
    }
    mp_str sha256 = mp_json_str(mp_json_get(body, MP_S("sha256")));
    if (there.body && !mp_str_eq(sha256, mp_json_str(mp_json_get(there.body, MP_S("sha256")))))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the bytes of evidence cannot be replaced; make another record");
    MP_TRY(mp_evidence_file_size(&size, mp_store_folder(mp_tx_store(tx)), sha256, err));
    MP_TRY(settle_times(&times, body, there.body, mp_tx_time(tx), err));
    const mp_json *full = make_body(arena, body, there.body, &times, size);
    if (!full)
        return mp_no_memory(err);
    return mp_record_put(out, tx, &mp_evidence_kind, key, full, there.body ? there.version : MP_NO_VERSION, err);
}

/* ---- legal holds ---- */

static bool has_id(const mp_json *hold, mp_str id)
{
    const mp_json *v = mp_json_get(hold, MP_S("id"));
    return mp_json_is(v, MP_JSON_STRING) && mp_str_eq(mp_json_str(v), id);
}

static const mp_json *find_hold(const mp_json *holds, mp_str id)
{
    if (mp_json_is(holds, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, holds))
            if (has_id(one, id))
                return one;
    return NULL;
}

static void write_hold(mp_jsonw *w, const mp_json *hold, mp_str reason)
{
    mp_jsonw_object(w);
    add(w, MP_S("id"), mp_json_get(hold, MP_S("id")));
    add(w, MP_S("by"), mp_json_get(hold, MP_S("by")));
    add(w, MP_S("since"), mp_json_get(hold, MP_S("since")));
    mp_jsonw_put_str(w, "reason", reason);
    mp_jsonw_end(w);
}

static const mp_json *new_hold(mp_arena *arena, mp_str id, mp_str by, mp_ticks now)
{
    char     since[MP_CLOCK_SHORT];
    mp_jsonw w;
    mp_clock_format_short(since, now);
    const struct {
        const char *name;
        mp_str      value;
    } members[] = { { "id", id }, { "by", by }, { "since", mp_arena_dup(arena, mp_str_from(since)) } };
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++)
        mp_jsonw_put_str(&w, members[i].name, members[i].value);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* The record with its holds but the one of this id, and with `held` (may be NULL). */
static mp_code put_holds(mp_record *out, mp_tx *tx, const mp_record *record, mp_str id, const mp_json *held,
                         mp_str reason, mp_error *err)
{
    const mp_json *holds = mp_json_get(record->body, MP_S("hold"));
    mp_jsonw       w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, record->body))
        if (!mp_str_eq(mp_json_str(key), MP_S("hold")))
            add(&w, mp_json_str(key), key + 1);
    mp_jsonw_key(&w, MP_S("hold"));
    mp_jsonw_array(&w);
    if (mp_json_is(holds, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, holds))
            if (!has_id(one, id))
                mp_jsonw_value(&w, one);
    if (held)
        write_hold(&w, held, reason);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    return mp_record_put(out, tx, &mp_evidence_kind, record->key, body, record->version, err);
}

mp_code mp_evidence_hold(mp_record *out, mp_tx *tx, mp_str key, mp_str id, mp_str by, mp_str reason, mp_error *err)
{
    mp_record record;
    if (id.len == 0 || id.len > HOLD_ID_MAX || reason.len == 0 || reason.len > NAME_MAX_BYTES)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a legal hold needs an id of at most %d bytes and a reason of at most %d", HOLD_ID_MAX,
                       NAME_MAX_BYTES);
    MP_TRY(mp_record_get(&record, tx, &mp_evidence_kind, key, 0, mp_tx_arena(tx), err));
    const mp_json *holds = mp_json_get(record.body, MP_S("hold")), *held = find_hold(holds, id);
    if (!held && holds && holds->count >= HOLDS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "this evidence is under %d legal holds; at most %d", HOLDS_MAX,
                       HOLDS_MAX);
    if (!held && !(held = new_hold(mp_tx_arena(tx), id, by, mp_tx_time(tx))))
        return mp_no_memory(err);
    return put_holds(out, tx, &record, id, held, reason, err);
}

mp_code mp_evidence_release(mp_record *out, mp_tx *tx, mp_str key, mp_str id, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_evidence_kind, key, 0, mp_tx_arena(tx), err));
    if (!find_hold(mp_json_get(record.body, MP_S("hold")), id))
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "this evidence is under no legal hold of this id");
    return put_holds(out, tx, &record, id, NULL, MP_S(""), err);
}

/* ---- deleting ---- */

mp_code mp_evidence_delete(mp_tx *tx, mp_str key, int64_t expected, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_evidence_kind, key, 0, mp_tx_arena(tx), err));
    const mp_json *hold = mp_json_get(record.body, MP_S("hold")), *keep = mp_json_get(record.body, MP_S("keepUntil"));
    if (hold && hold->count)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this evidence is under legal hold (%.*s)",
                       MP_FMT(mp_json_str(mp_json_get(mp_json_first(hold), MP_S("id")))));
    if (mp_tx_time(tx) < time_of(keep, INT64_MAX))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this evidence must be kept until %.*s",
                       MP_FMT(mp_json_str(keep)));
    return mp_record_delete(tx, &mp_evidence_kind, key, expected, err);
}

/* ---- all of them ---- */

struct orphan {
    mp_store *store;
    mp_str    sha256;
    bool      is_orphan;
};

static mp_code is_named(mp_tx *tx, void *arg, mp_error *err)
{
    struct orphan         *o = arg;
    const mp_record_filter filter = { .index = "sha256", .op = MP_FILTER_EQ, .value = o->sha256 };
    const mp_record_query  query = { .kind = &mp_evidence_kind, .filters = &filter, .filter_count = 1, .limit = 1 };
    mp_record_page         page;
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    o->is_orphan = page.count == 0;
    return MP_OK;
}

static mp_code ask_store(bool *is_orphan, void *ctx, mp_str sha256, mp_error *err)
{
    struct orphan *o = ctx;
    o->sha256 = sha256;
    /* By the writer: after every record that is being written. A record that comes later is of an upload that
     * came later too, and made the file young. */
    MP_TRY(mp_store_write(o->store, is_named, o, err));
    *is_orphan = o->is_orphan;
    return MP_OK;
}

mp_code mp_evidence_prune(int64_t *removed, mp_store *store, mp_ticks now, mp_error *err)
{
    struct orphan o = { .store = store };
    return mp_evidence_file_sweep(removed, mp_store_folder(store), now - MP_TICKS_PER_DAY, ask_store, &o, err);
}

#define PAGE 500

struct page_read {
    mp_arena       arena;
    mp_record_page page;
    mp_str         after;
};

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    struct page_read     *r = arg;
    const mp_record_query query = { .kind = &mp_evidence_kind, .order = "sha256", .after = r->after, .limit = PAGE };
    return mp_record_list(&r->page, tx, &query, &r->arena, err);
}

struct check {
    mp_evidence_checked  found;
    mp_store            *store;
    mp_evidence_wrong_fn wrong;
    void                *ctx;
    char                 last[65]; /* in order of hashes: a file of several records is read once */
    uint64_t             size;
    mp_error             why; /* what is wrong with it; MP_OK: nothing */
};

static bool is_finding(mp_code code) { return code == MP_DAMAGED || code == MP_MISSING || code == MP_IO; }

/* What the file of this hash is, unless that is known already. */
static mp_code read_once(struct check *c, mp_str sha256, mp_error *err)
{
    if (mp_str_eq(sha256, mp_str_from(c->last)))
        return MP_OK;
    c->why = (mp_error){ .code = MP_OK };
    mp_code code = mp_evidence_file_read(&c->size, mp_store_folder(c->store), sha256, NULL, NULL, &c->why);
    c->why.code = code;
    if (code != MP_OK && !is_finding(code)) {
        if (err)
            *err = c->why;
        return code;
    }
    memcpy(c->last, sha256.ptr, 64);
    c->found.files++;
    c->found.bytes += code == MP_OK ? c->size : 0;
    return MP_OK;
}

struct still {
    mp_str key;
    bool   is_there;
};

static mp_code look_again(mp_tx *tx, void *arg, mp_error *err)
{
    struct still *s = arg;
    mp_record     record;
    mp_code       code = mp_record_get(&record, tx, &mp_evidence_kind, s->key, 0, mp_tx_arena(tx), err);
    s->is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

/* Deleted and swept while others were read: then nothing is wrong. */
static mp_code say_wrong(struct check *c, const mp_record *record, const mp_error *why, mp_error *err)
{
    struct still s = { .key = record->key };
    MP_TRY(mp_store_read(c->store, look_again, &s, err));
    if (!s.is_there)
        return MP_OK;
    c->found.wrong++;
    return c->wrong ? c->wrong(c->ctx, record, why, err) : MP_OK;
}

static mp_code check_record(struct check *c, const mp_record *record, mp_error *err)
{
    mp_error       why;
    mp_str         sha256 = mp_json_get_text(record->body, "sha256");
    const mp_json *size = mp_json_get(record->body, MP_S("sizeBytes"));
    c->found.records++;
    if (!mp_is_sha256_hex(sha256) || !mp_json_is(size, MP_JSON_INT)) {
        (void)mp_fail(&why, MP_DAMAGED, MP_NOWHERE, "the record of evidence %.*s names no file", MP_FMT(record->key));
        return say_wrong(c, record, &why, err);
    }
    MP_TRY(read_once(c, sha256, err));
    if (c->why.code != MP_OK)
        return say_wrong(c, record, &c->why, err);
    if (c->size == (uint64_t)size->u.integer)
        return MP_OK;
    (void)mp_fail(&why, MP_DAMAGED, MP_NOWHERE, "the evidence %.*s has %llu bytes, and its record says %lld",
                  MP_FMT(record->key), (unsigned long long)c->size, (long long)size->u.integer);
    return say_wrong(c, record, &why, err);
}

mp_code mp_evidence_verify(mp_evidence_checked *out, mp_store *store, mp_evidence_wrong_fn wrong, void *ctx,
                           mp_error *err)
{
    struct page_read r = { .after = MP_S("") };
    struct check     c = { .store = store, .wrong = wrong, .ctx = ctx };
    mp_buf           after = MP_BUF_INIT;
    mp_code          code = MP_OK;
    do {
        mp_arena_reset(&r.arena);
        code = mp_store_read(store, read_page, &r, err);
        for (size_t i = 0; code == MP_OK && i < r.page.count; i++)
            code = check_record(&c, &r.page.records[i], err);
        mp_buf_clear(&after);
        if (code == MP_OK) {
            mp_buf_add(&after, r.page.next);
            code = mp_buf_check(&after, err);
        }
        r.after = mp_buf_str(&after);
    } while (code == MP_OK && r.after.len);
    mp_buf_free(&after);
    mp_arena_free(&r.arena);
    if (code == MP_OK)
        *out = c.found;
    return code;
}
