/* SPDX-License-Identifier: Apache-2.0 */
/* Memory follows the store. A write notes which records it changed, with the number of commits that were done
 * then. Once there are more commits, that write is on disk or given up: the next who decides reads the noted
 * records again, makes the next state from the present one, and puts it in its place. So a change that was
 * acknowledged is seen by every decision after it, and nobody has to be told of a commit.
 *
 * Who decides takes no lock: he counts himself into one of two counters, takes the present state, and counts
 * himself out. Who replaces the state waits, before freeing the old one, until both counters were at zero
 * once (new ones count at the other). The order of all of this is sequential (C17 7.17.3), so a reader who
 * counts himself in after a counter was seen at zero finds the new state. */
#include "rbac.h"

#include "rbac_internal.h"

#include <sched.h>
#include <stdlib.h>

#include "jsonw.h"

#define NOTES_MAX 8192 /* more than that: all is read again */
#define NOTHING UINT64_MAX

typedef struct note {
    char         *key; /* NUL behind it */
    size_t        len;
    mp_right_kind kind;
    uint64_t      commits; /* that were done when it was changed */
} note;

struct mp_rbac {
    _Atomic(mp_rights *)  current;
    atomic_uint           side;
    atomic_uint           inside[2];
    pthread_mutex_t       following; /* one makes the next state; the others who need it wait for him */
    pthread_mutex_t       noting;    /* the members below; held for moments */
    note                 *notes;
    size_t                count, cap;
    uint64_t              all_since; /* NOTHING, or: notes were lost, all is to be read again */
    uint64_t              taken;     /* NOTHING, or: the least of the notes that are being read at this moment */
    atomic_uint_fast64_t  first;     /* the least of all these; NOTHING: memory is as the store */
};

static const mp_kind *const kinds[MP_RIGHT_KINDS] = {
    [MP_RIGHT_USER] = &mp_user_kind,
    [MP_RIGHT_GROUP] = &mp_group_kind,
    [MP_RIGHT_PROGRAM] = &mp_program_kind,
    [MP_RIGHT_ROLE] = &mp_role_kind,
    [MP_RIGHT_ASSIGNMENT] = &mp_assignment_kind,
    [MP_RIGHT_SUBSCRIPTION] = &mp_subscription_kind,
    [MP_RIGHT_MANAGEMENT_GROUP] = &mp_management_group_kind,
};

/* ---- notes ---- */

static void count_first(struct mp_rbac *rbac)
{
    uint64_t first = rbac->all_since < rbac->taken ? rbac->all_since : rbac->taken;
    for (size_t i = 0; i < rbac->count; i++)
        first = rbac->notes[i].commits < first ? rbac->notes[i].commits : first;
    atomic_store(&rbac->first, first);
}

static bool add_note(struct mp_rbac *rbac, mp_right_kind kind, mp_str key, uint64_t commits)
{
    if (rbac->count == rbac->cap) {
        size_t cap = rbac->cap ? rbac->cap * 2 : 64;
        note  *notes = cap <= NOTES_MAX ? realloc(rbac->notes, cap * sizeof *notes) : NULL;
        if (!notes)
            return false;
        rbac->notes = notes;
        rbac->cap = cap;
    }
    char *copy = malloc(key.len + 1);
    if (!copy)
        return false;
    for (size_t i = 0; i < key.len; i++)
        copy[i] = key.ptr[i] >= 'A' && key.ptr[i] <= 'Z' ? (char)(key.ptr[i] + 32) : key.ptr[i];
    copy[key.len] = '\0';
    rbac->notes[rbac->count++] = (note){ copy, key.len, kind, commits };
    return true;
}

static void note_locked(struct mp_rbac *rbac, const mp_kind *kind, mp_str key, uint64_t commits)
{
    for (unsigned k = 0; k < MP_RIGHT_KINDS; k++)
        if (kinds[k] == kind && !add_note(rbac, (mp_right_kind)k, key, commits) && commits < rbac->all_since)
            rbac->all_since = commits;
}

void mp_rbac_note(mp_access *access, mp_tx *tx, const mp_kind *kind, mp_str key)
{
    struct mp_rbac *rbac = access->rbac;
    uint64_t        commits = mp_store_counted(mp_tx_store(tx)).commits;
    if (!rbac)
        return; /* being opened: all is read afterwards */
    pthread_mutex_lock(&rbac->noting);
    note_locked(rbac, kind, key, commits);
    count_first(rbac);
    pthread_mutex_unlock(&rbac->noting);
}

void mp_rbac_touched(mp_access *access, mp_tx *tx)
{
    size_t                  count;
    const mp_record_change *changes = mp_tx_changes(tx, &count);
    struct mp_rbac         *rbac = access->rbac;
    uint64_t                commits = mp_store_counted(mp_tx_store(tx)).commits;
    if (!rbac)
        return;
    pthread_mutex_lock(&rbac->noting);
    for (size_t i = 0; i < count; i++)
        note_locked(rbac, changes[i].kind, changes[i].key, commits);
    count_first(rbac);
    pthread_mutex_unlock(&rbac->noting);
}

static void free_notes(note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(notes[i].key);
    free(notes);
}

/* ---- reading ---- */

typedef struct reading {
    mp_rights       *into;
    const mp_rights *from; /* NULL: everything is read */
    const note      *notes;
    size_t           count;
    mp_map           changed[MP_RIGHT_KINDS];
} reading;

static mp_code read_kind(reading *r, mp_tx *tx, mp_right_kind kind, mp_error *err)
{
    mp_arena       *arena = mp_tx_arena(tx);
    mp_record_query query = { .kind = kinds[kind], .limit = 1000 };
    mp_record_page  page;
    char            next[4096];
    do {
        mp_arena_mark mark = mp_arena_save(arena);
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(mp_rights_add(r->into, kind, page.records[i].key, page.records[i].body, err));
        if (page.next.len > sizeof next)
            return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a continuation of %zu bytes", page.next.len);
        if (page.next.len)
            memcpy(next, page.next.ptr, page.next.len);
        query.after = mp_str_of(next, page.next.len);
        mp_arena_restore(arena, mark);
    } while (query.after.len);
    return MP_OK;
}

/* Keys are folded in notes; records of these kinds have folded keys. */
static mp_code read_noted(reading *r, mp_tx *tx, mp_error *err)
{
    mp_record record;
    mp_arena *arena = mp_tx_arena(tx);
    for (size_t i = 0; i < r->count; i++) {
        const note *n = &r->notes[i];
        mp_map     *changed = &r->changed[n->kind];
        mp_str      key = mp_str_of(n->key, n->len);
        if (mp_map_get(changed, key))
            continue;
        MP_TRY(mp_map_put(changed, key, n->key, err));
        mp_arena_mark mark = mp_arena_save(arena);
        mp_code       code = mp_record_get(&record, tx, kinds[n->kind], key, 0, arena, err);
        if (code == MP_OK)
            code = mp_rights_add(r->into, n->kind, key, record.body, err);
        mp_arena_restore(arena, mark);
        if (code != MP_OK && code != MP_MISSING)
            return code;
    }
    return mp_rights_keep(r->into, r->from, r->changed, err);
}

static mp_code read_in(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    if (r->from)
        return read_noted(r, tx, err);
    for (unsigned k = 0; k < MP_RIGHT_KINDS; k++)
        MP_TRY(read_kind(r, tx, (mp_right_kind)k, err));
    return MP_OK;
}

/* `tx` NULL: in a read of its own. */
static mp_code make_next(mp_rights **out, mp_access *access, mp_tx *tx, const mp_rights *from, const note *notes,
                         size_t count, mp_error *err)
{
    reading r = { .from = from, .notes = notes, .count = count };
    MP_TRY(mp_rights_new(&r.into, mp_str_from(access->tenant), err));
    mp_code code = tx ? read_in(tx, &r, err) : mp_store_read(access->store, read_in, &r, err);
    if (code == MP_OK)
        code = mp_rights_finish(r.into, err);
    for (unsigned k = 0; k < MP_RIGHT_KINDS; k++)
        mp_map_free(&r.changed[k]);
    if (code == MP_OK)
        *out = r.into;
    else
        mp_rights_free(r.into);
    return code;
}

/* ---- the state that holds ---- */

static void replace(struct mp_rbac *rbac, mp_rights *next)
{
    mp_rights *old = atomic_exchange(&rbac->current, next);
    for (int round = 0; round < 2; round++) {
        unsigned side = atomic_load(&rbac->side);
        atomic_store(&rbac->side, side ^ 1);
        while (atomic_load(&rbac->inside[side]))
            sched_yield();
    }
    mp_rights_free(old);
}

/* Take the notes of writes that ended; *is_all: everything is to be read. Until they are settled, whoever else
 * decides has to wait for them, also when newer notes are made meanwhile. */
static note *take_ended(struct mp_rbac *rbac, uint64_t commits, size_t *count, bool *is_all)
{
    size_t kept = 0, taken = 0;
    pthread_mutex_lock(&rbac->noting);
    rbac->taken = atomic_load(&rbac->first);
    note *ended = rbac->count ? calloc(rbac->count, sizeof *ended) : NULL;
    *is_all = rbac->all_since < commits || (rbac->count && !ended);
    for (size_t i = 0; i < rbac->count; i++) {
        if (rbac->notes[i].commits >= commits || !ended)
            rbac->notes[kept++] = rbac->notes[i];
        else
            ended[taken++] = rbac->notes[i];
    }
    rbac->count = kept;
    if (rbac->all_since < commits)
        rbac->all_since = NOTHING;
    *count = taken;
    pthread_mutex_unlock(&rbac->noting);
    return ended;
}

/* Nobody who decides may miss them: `first` goes up only when their state is in place. What could not be read
 * stays to be read. */
static void settle(struct mp_rbac *rbac, bool is_done, uint64_t commits)
{
    pthread_mutex_lock(&rbac->noting);
    rbac->taken = NOTHING;
    if (!is_done && commits)
        rbac->all_since = commits - 1;
    count_first(rbac);
    pthread_mutex_unlock(&rbac->noting);
}

static mp_code follow(mp_access *access, bool reads_all, mp_error *err)
{
    struct mp_rbac *rbac = access->rbac;
    mp_rights      *next;
    size_t          count;
    bool            is_all;
    mp_code         code = MP_OK;
    pthread_mutex_lock(&rbac->following);
    uint64_t commits = mp_store_counted(access->store).commits;
    if (reads_all || atomic_load(&rbac->first) < commits) {
        note *notes = take_ended(rbac, commits, &count, &is_all);
        is_all = is_all || reads_all || !atomic_load(&rbac->current);
        code = make_next(&next, access, NULL, is_all ? NULL : atomic_load(&rbac->current), notes, count, err);
        if (code == MP_OK)
            replace(rbac, next);
        settle(rbac, code == MP_OK, commits);
        free_notes(notes, count);
    }
    pthread_mutex_unlock(&rbac->following);
    return code;
}

static bool is_behind(mp_access *access)
{
    uint64_t first = atomic_load(&access->rbac->first);
    return first != NOTHING && first < mp_store_counted(access->store).commits;
}

/* Of the store's writer, for the time of a write: who is asked about rights there, and the rights as the store has them when
 * memory is behind it. */
static _Thread_local const mp_access *writes_for;
static _Thread_local mp_rights       *within;

const mp_rights *mp_rights_enter_write(unsigned *slot, mp_access *access)
{
    struct mp_rbac *rbac = access->rbac;
    *slot = atomic_load(&rbac->side);
    atomic_fetch_add(&rbac->inside[*slot], 1);
    return writes_for == access && within ? within : atomic_load(&rbac->current);
}

/* Within a read or write nothing else can be read: there it is decided by what was known when the guard let the request
 * in, or by what came since. */
const mp_rights *mp_rights_enter(unsigned *slot, mp_access *access)
{
    bool is_inside = mp_store_reads_here(access->store) || writes_for == access;
    if (!is_inside && is_behind(access) && follow(access, false, NULL) != MP_OK)
        return NULL;
    return mp_rights_enter_write(slot, access);
}

void mp_rights_leave(mp_access *access, unsigned slot)
{
    atomic_fetch_sub(&access->rbac->inside[slot], 1);
}

/* ---- within a write ---- */

static bool asks_himself(const mp_who *who) /* and is not one whom memory need not know */
{
    return who->limited_to.len == 0 && (who->kind == MP_WHO_USER || who->kind == MP_WHO_PROGRAM);
}

static bool counts_for(const mp_rights *rights, const mp_right_principal *who, mp_guid_bits id)
{
    bool is_his = mp_guid_same(who->id, id);
    for (uint32_t i = 0; i < who->within_count && !is_his; i++)
        is_his = mp_guid_same(rights->principals[who->within[i]].id, id);
    return is_his;
}

/* Can what was changed there have taken a right from `who`? What memory does not know of can only have given one. */
static bool may_take(const mp_rights *rights, const mp_right_principal *who, const note *n)
{
    mp_guid_bits id;
    if (n->kind == MP_RIGHT_ROLE || n->kind == MP_RIGHT_SUBSCRIPTION || n->kind == MP_RIGHT_MANAGEMENT_GROUP)
        return true;
    if (!mp_guid_read(&id, mp_str_of(n->key, n->len)))
        return true;
    if (n->kind != MP_RIGHT_ASSIGNMENT)
        return counts_for(rights, who, id);
    const mp_right_assignment *a = mp_rights_assignment(rights, id);
    return a && counts_for(rights, who, a->principal);
}

/* With `following` held, so that nobody takes notes away. */
static bool is_outdated(struct mp_rbac *rbac, const mp_rights *rights, mp_str who, bool *is_all)
{
    const mp_right_principal *p = mp_rights_principal(rights, who);
    pthread_mutex_lock(&rbac->noting);
    *is_all = rbac->all_since != NOTHING;
    bool is = *is_all;
    for (size_t i = 0; i < rbac->count && !is && p; i++)
        is = may_take(rights, p, &rbac->notes[i]);
    pthread_mutex_unlock(&rbac->noting);
    return is;
}

/* Notes are made on this thread alone, and taken away with `following`: they stay while they are read. */
mp_code mp_rbac_enter_write(mp_access *access, mp_tx *tx, const mp_who *who, mp_error *err)
{
    struct mp_rbac *rbac = access->rbac;
    bool            is_all;
    mp_code         code = MP_OK;
    writes_for = access;
    if (!asks_himself(who) || atomic_load(&rbac->first) == NOTHING)
        return MP_OK;
    pthread_mutex_lock(&rbac->following);
    const mp_rights *current = atomic_load(&rbac->current);
    if (is_outdated(rbac, current, who->id, &is_all))
        code = make_next(&within, access, tx, is_all ? NULL : current, rbac->notes, rbac->count, err);
    pthread_mutex_unlock(&rbac->following);
    return code;
}

void mp_rbac_leave_write(void)
{
    mp_rights_free(within);
    within = NULL;
    writes_for = NULL;
}

mp_code mp_rbac_reload(mp_access *access, mp_error *err)
{
    return follow(access, true, err);
}

mp_code mp_rbac_open(struct mp_rbac **out, mp_access *access, mp_error *err)
{
    struct mp_rbac *rbac = calloc(1, sizeof *rbac);
    if (!rbac)
        return mp_no_memory(err);
    pthread_mutex_init(&rbac->following, NULL);
    pthread_mutex_init(&rbac->noting, NULL);
    rbac->all_since = rbac->taken = NOTHING;
    atomic_init(&rbac->first, NOTHING);
    mp_rights *first;
    mp_code    code = make_next(&first, access, NULL, NULL, NULL, 0, err);
    if (code != MP_OK) {
        mp_rbac_close(rbac);
        return code;
    }
    atomic_init(&rbac->current, first);
    *out = rbac;
    return MP_OK;
}

void mp_rbac_close(struct mp_rbac *rbac)
{
    if (!rbac)
        return;
    mp_rights_free(atomic_load(&rbac->current));
    free_notes(rbac->notes, rbac->count);
    pthread_mutex_destroy(&rbac->following);
    pthread_mutex_destroy(&rbac->noting);
    free(rbac);
}

/* ---- what is asked ---- */

static bool may_everything(const mp_who *who)
{
    return who->kind == MP_WHO_LOCAL || who->kind == MP_WHO_SYSTEM;
}

bool mp_may(mp_access *access, const mp_who *who, mp_str action, mp_str scope, bool is_data, mp_ticks now)
{
    unsigned slot;
    if (!who || !asks_himself(who))
        return who && may_everything(who);
    const mp_rights *rights = mp_rights_enter(&slot, access);
    if (!rights)
        return false;
    bool may = mp_rights_may(rights, who->id, action, scope, is_data, now);
    mp_rights_leave(access, slot);
    return may;
}

/* For those whom no assignment decides about. */
static const mp_json *explain_kind(const mp_who *who, mp_str action, mp_str scope, bool is_data, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "allowed", may_everything(who));
    mp_jsonw_put_str(&w, "reason", who->limited_to.len ? MP_S("limited") : mp_str_from(mp_who_kind_name(who->kind)));
    mp_jsonw_put_str(&w, "action", action);
    mp_jsonw_put_bool(&w, "isDataAction", is_data);
    mp_jsonw_put_str(&w, "scope", scope);
    mp_jsonw_put_str(&w, "principal", who->id);
    for (int i = 0; i < 2; i++) {
        mp_jsonw_key(&w, i ? MP_S("notEnough") : MP_S("decidedBy"));
        mp_jsonw_array(&w);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_may_explain(const mp_json **out, mp_access *access, const mp_who *who, mp_str action, mp_str scope,
                       bool is_data, mp_ticks now, mp_arena *arena, mp_error *err)
{
    unsigned slot;
    if (!asks_himself(who)) {
        *out = explain_kind(who, action, scope, is_data, arena);
        return *out ? MP_OK : mp_no_memory(err);
    }
    const mp_rights *rights = mp_rights_enter(&slot, access);
    if (!rights)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "rights cannot be read from the store at present");
    mp_code code = mp_rights_explain(out, rights, who->id, action, scope, is_data, now, arena, err);
    mp_rights_leave(access, slot);
    return code;
}

static mp_code fill_principal(mp_who *out, const mp_rights *rights, mp_str id, mp_arena *arena, mp_error *err)
{
    char                      text[37];
    const mp_right_principal *p = mp_rights_principal(rights, id);
    if (!p || p->kind == 'g')
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no user or program '%.*s'", MP_FMT(id));
    mp_who  who = { .kind = p->kind == 'u' ? MP_WHO_USER : MP_WHO_PROGRAM, .group_count = p->within_count };
    mp_str *groups = MP_ARENA_ARRAY(arena, mp_str, p->within_count + 1);
    mp_guid_write(text, p->id);
    who.id = mp_arena_dup(arena, mp_str_of(text, 36));
    who.name = mp_arena_dup(arena, p->name);
    who.app_id = mp_arena_dup(arena, p->app_id);
    bool ok = groups && who.id.ptr && who.name.ptr && who.app_id.ptr;
    for (size_t i = 0; ok && i < p->within_count; i++) {
        mp_guid_write(text, rights->principals[p->within[i]].id);
        groups[i] = mp_arena_dup(arena, mp_str_of(text, 36));
        ok = groups[i].ptr != NULL;
    }
    if (!ok)
        return mp_no_memory(err);
    who.groups = groups;
    *out = who;
    return MP_OK;
}

mp_code mp_rbac_principal(mp_who *out, bool *is_active, mp_ticks *valid_after, mp_access *access, mp_str id,
                          mp_arena *arena, mp_error *err)
{
    unsigned         slot;
    const mp_rights *rights = mp_rights_enter(&slot, access);
    if (!rights)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "rights cannot be read from the store at present");
    mp_code code = fill_principal(out, rights, id, arena, err);
    if (code == MP_OK) {
        const mp_right_principal *p = mp_rights_principal(rights, id);
        *is_active = p->is_active;
        *valid_after = p->valid_after;
    }
    mp_rights_leave(access, slot);
    return code;
}

mp_code mp_principal(mp_who *out, mp_access *access, mp_str id, mp_arena *arena, mp_error *err)
{
    bool     is_active;
    mp_ticks valid_after;
    return mp_rbac_principal(out, &is_active, &valid_after, access, id, arena, err);
}
