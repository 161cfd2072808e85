/* SPDX-License-Identifier: Apache-2.0 */
/* Memory follows the store. A write that changes what a rulebook is made of notes how many commits were done then. A
 * rulebook that was read after more commits has that change (or the write was given up); one that was read before is
 * old, and the next who asks makes another. Between the note and its commit the present one is what the store says,
 * and stays in use as long as nothing else was committed.
 *
 * The note outlives a write that was given up. So the time of the last change stands in the store too, written in the
 * same transaction: a write that finds a note which its rulebook does not have looks there, and only what was changed
 * indeed makes it decide anew. */
#include "rulebook.h"

#include <stdlib.h>

#include "enforce.h"
#include "rulebook_internal.h"
#include "sql.h"

struct mp_rulebooks {
    mp_store            *store;
    const mp_aliases    *aliases;
    /* the members below; held for moments, and while the next one is made by `following` */
    pthread_mutex_t      lock;
    pthread_mutex_t      following;
    mp_rulebook         *current; /* NULL: none was made yet */
    uint64_t             last_number;
    /* commits that were done when something was last changed, plus one; 0: nothing was */
    atomic_uint_fast64_t changed_at;
};

static uint64_t commits_of(mp_store *store) { return mp_store_counted(store).commits; }

mp_code mp_rulebooks_new(mp_rulebooks **out, mp_store *store, const mp_aliases *aliases, mp_error *err)
{
    mp_rulebooks *books = calloc(1, sizeof *books);
    if (!books)
        return mp_no_memory(err);
    books->store = store;
    books->aliases = aliases;
    pthread_mutex_init(&books->lock, NULL);
    pthread_mutex_init(&books->following, NULL);
    atomic_init(&books->changed_at, 0);
    *out = books;
    return MP_OK;
}

void mp_rulebooks_free(mp_rulebooks *books)
{
    if (!books)
        return;
    mp_rulebook_unref(books->current);
    pthread_mutex_destroy(&books->following);
    pthread_mutex_destroy(&books->lock);
    free(books);
}

void mp_rulebook_unref(mp_rulebook *book)
{
    if (!book || atomic_fetch_sub(&book->refs, 1) != 1)
        return;
    while (book->pool_count)
        mp_enforcer_free(book->pool[--book->pool_count]);
    pthread_mutex_destroy(&book->lock);
    mp_plan_free(book->plan);
    mp_library_free(book->library);
    mp_alias_table_unref(book->table);
    mp_map_free(&book->by_key);
    mp_map_free(&book->above);
    mp_arena_free(&book->arena);
    free(book);
}

/* ---- the present one ---- */

/* Has it all that was committed by now? */
static bool is_fresh(const mp_rulebooks *books, const mp_rulebook *book)
{
    return book->commits >= atomic_load(&books->changed_at) || book->commits == commits_of(books->store);
}

static mp_rulebook *take(mp_rulebooks *books)
{
    pthread_mutex_lock(&books->lock);
    mp_rulebook *book = books->current;
    if (book && is_fresh(books, book))
        atomic_fetch_add(&book->refs, 1);
    else
        book = NULL;
    pthread_mutex_unlock(&books->lock);
    return book;
}

static mp_code read_book(mp_tx *tx, void *arg, mp_error *err) { return mp_rulebook_read(arg, tx, NULL, err); }

static mp_rulebook *new_book(mp_store *store, const mp_aliases *aliases)
{
    mp_rulebook *book = calloc(1, sizeof *book);
    if (!book)
        return NULL;
    atomic_init(&book->refs, 1);
    pthread_mutex_init(&book->lock, NULL);
    book->arena = (mp_arena)MP_ARENA_INIT;
    book->by_key = (mp_map)MP_MAP_INIT;
    book->above = (mp_map)MP_MAP_INIT_FOLD;
    book->store = store;
    book->aliases = aliases;
    return book;
}

mp_code mp_rulebook_make(mp_rulebook **out, mp_tx *tx, const mp_rulebook_asked *asked, mp_error *err)
{
    mp_rulebook *book = new_book(mp_tx_store(tx), mp_aliases_by_rule());
    if (!book)
        return mp_no_memory(err);
    book->known = asked->beside ? asked->beside->table : NULL;
    mp_code code = mp_rulebook_read(book, tx, asked, err);
    book->known = NULL;
    if (code == MP_OK)
        code = mp_rulebook_tell(book, err);
    if (code != MP_OK) {
        mp_rulebook_unref(book);
        return code;
    }
    *out = book;
    return MP_OK;
}

static mp_code make(mp_rulebook **out, mp_rulebooks *books, mp_error *err)
{
    mp_rulebook *book = new_book(books->store, books->aliases);
    if (!book)
        return mp_no_memory(err);
    book->known = books->current ? books->current->table : NULL; /* nobody replaces it while `following` is held */
    book->commits = commits_of(books->store); /* before the snapshot: it has at least these */
    mp_code code = mp_store_read(books->store, read_book, book, err);
    if (code == MP_OK)
        code = mp_rulebook_tell(book, err);
    if (code != MP_OK) {
        mp_rulebook_unref(book);
        return code;
    }
    *out = book;
    return MP_OK;
}

static void put(mp_rulebooks *books, mp_rulebook *book)
{
    pthread_mutex_lock(&books->lock);
    mp_rulebook *old = books->current;
    book->number = ++books->last_number;
    books->current = book;
    atomic_fetch_add(&book->refs, 1); /* the caller's */
    pthread_mutex_unlock(&books->lock);
    mp_rulebook_unref(old);
}

mp_code mp_rulebook_ref(mp_rulebook **out, mp_rulebooks *books, mp_error *err)
{
    mp_rulebook *book = take(books);
    if (!book) {
        pthread_mutex_lock(&books->following);
        book = take(books); /* somebody made it while we waited */
        mp_code code = book ? MP_OK : make(&book, books, err);
        if (code == MP_OK && book->number == 0)
            put(books, book);
        pthread_mutex_unlock(&books->following);
        MP_TRY(code);
    }
    *out = book;
    return MP_OK;
}

mp_code mp_rulebook_changed(mp_rulebooks *books, mp_tx *tx, mp_error *err)
{
    atomic_store(&books->changed_at, commits_of(mp_tx_store(tx)) + 1);
    return mp_sql(
        tx, NULL,
        "INSERT INTO judging (name, value) VALUES ('rules', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        MP_VALUES(mp_int(mp_tx_time(tx))), err);
}

mp_code mp_rules_changed_at(mp_ticks *out, mp_tx *tx, mp_error *err)
{
    mp_error why = { 0 };
    mp_code  code = mp_sql_int(out, tx, "SELECT value FROM judging WHERE name = 'rules'", NULL, 0, &why);
    if (code == MP_MISSING) {
        *out = 0;
        return MP_OK;
    }
    if (code != MP_OK && err)
        *err = why;
    return code;
}

mp_code mp_rulebook_is_current(bool *is_current, const mp_rulebooks *books, const mp_rulebook *book, mp_tx *tx,
                               mp_error *err)
{
    mp_ticks changed_at;
    *is_current = book->commits >= atomic_load(&books->changed_at);
    if (*is_current)
        return MP_OK;
    MP_TRY(mp_rules_changed_at(&changed_at, tx, err));
    *is_current = changed_at == book->rules_at;
    return MP_OK;
}

/* ---- enforcers ---- */

mp_code mp_rulebook_enforcer(mp_enforcer **out, mp_rulebook *book, mp_error *err)
{
    mp_enforcer *kept = NULL;
    pthread_mutex_lock(&book->lock);
    if (book->pool_count)
        kept = book->pool[--book->pool_count];
    pthread_mutex_unlock(&book->lock);
    if (!kept)
        return mp_enforcer_new(out, book->plan, err);
    *out = kept;
    return MP_OK;
}

void mp_rulebook_enforcer_back(mp_rulebook *book, mp_enforcer *enforcer)
{
    if (!enforcer)
        return;
    pthread_mutex_lock(&book->lock);
    bool is_kept = book->pool_count < MP_ENFORCERS;
    if (is_kept)
        book->pool[book->pool_count++] = enforcer;
    pthread_mutex_unlock(&book->lock);
    if (!is_kept)
        mp_enforcer_free(enforcer);
}

/* ---- asking ---- */

uint64_t              mp_rulebook_number(const mp_rulebook *book) { return book->number; }
mp_plan              *mp_rulebook_plan(const mp_rulebook *book) { return book->plan; }
uint32_t              mp_rulebook_count(const mp_rulebook *book) { return book->count; }
const mp_rule_facts  *mp_rulebook_facts(const mp_rulebook *book, uint32_t check) { return &book->facts[check]; }
const mp_diagnostics *mp_rulebook_diagnostics(const mp_rulebook *book) { return mp_library_diagnostics(book->library); }

const mp_rule_term *mp_rulebook_terms(const mp_rulebook *book, size_t *count)
{
    *count = book->term_count;
    return book->terms;
}

uint32_t mp_rulebook_find(const mp_rulebook *book, mp_str key)
{
    const mp_rule_facts *facts = mp_map_get(&book->by_key, key);
    return facts ? (uint32_t)(facts - book->facts) : MP_NO_CHECK;
}

mp_ticks mp_rulebook_next_expiry(const mp_rulebook *book, mp_ticks now)
{
    mp_ticks next = 0;
    for (size_t i = 0; i < book->term_count; i++) {
        mp_ticks at = book->terms[i].expires_on;
        if (at > now && (next == 0 || at < next))
            next = at;
    }
    return next;
}
