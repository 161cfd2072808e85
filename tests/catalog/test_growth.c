/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks of some hundred kilobytes that name the same thing over and over: read at once, or refused soon, and never in much memory. */
#include "frameworks.h"

#include <time.h>

#include "buf.h"
#include "oscal_text.h"
#include "test.h"

#define HEAD "'uuid':'%s','metadata':{'title':'t','version':'1','oscal-version':'1.1.2'}"
enum { CONTROLS = 2000, SECONDS = 20 /* with sanitizers on a busy machine; without a bound hours */ };

static mp_arena arena = MP_ARENA_INIT;

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

/* "[ONE,ONE,...]", in which # stands for the number of each. */
static mp_str many(const char *one, size_t count)
{
    mp_buf out = MP_BUF_INIT;
    for (size_t i = 0; i < count; i++) {
        mp_buf_add_c(&out, i ? ',' : '[');
        for (const char *c = one; *c; c++) {
            if (*c == '#')
                mp_buf_printf(&out, "%zu", i);
            else
                mp_buf_add_c(&out, *c);
        }
    }
    mp_buf_add_c(&out, ']');
    mp_str text = mp_arena_dup(&arena, mp_buf_str(&out));
    mp_buf_free(&out);
    return text;
}

static mp_str repeated(const char *one, size_t count)
{
    mp_buf out = MP_BUF_INIT;
    for (size_t i = 0; i < count; i++)
        mp_buf_add_z(&out, one);
    mp_str text = mp_arena_dup(&arena, mp_buf_str(&out));
    mp_buf_free(&out);
    return text;
}

static mp_str catalog_of(mp_str controls) { return mp_arena_printf(&arena, "{'catalog':{" HEAD ",'controls':%.*s}}", "c", MP_FMT(controls)); }
static mp_str profile_of(mp_str rest) { return mp_arena_printf(&arena, "{'profile':{" HEAD ",%.*s}}", "p", MP_FMT(rest)); }

#define IMPORT "'imports':[{'href':'catalog.json','include-all':{}}],"

/* `said` NULL: it is read. */
static void check(const char *what, mp_str catalog, const char *name, mp_str second, const char *said)
{
    mp_error            err = { .code = MP_OK };
    mp_frameworks       all;
    mp_catalog_document documents[] = { { MP_S("own/catalog.json"), oscal_json(&arena, catalog.ptr) },
                                        { mp_arena_printf(&arena, "own/%s", name), second.ptr ? oscal_json(&arena, second.ptr) : NULL } };
    size_t              before = arena.used;
    time_t              begin = time(NULL);
    mp_code             code = mp_frameworks_read(&all, documents, second.ptr ? 2 : 1, &arena, &err);
    CHECK_INT(code, said ? MP_LIMIT : MP_OK);
    if (said && !strstr(err.message, said))
        fail_msg("%s\nsays  %s\nnot   %s", what, err.message, said);
    if (arena.used - before > (size_t)80 << 20 || arena.limit || arena.is_over)
        fail_msg("%s: took %zu bytes", what, arena.used - before);
    if (time(NULL) - begin > SECONDS)
        fail_msg("%s: took %d seconds", what, (int)(time(NULL) - begin));
    mp_arena_reset(&arena);
}

static mp_str controls(void) { return catalog_of(many("{'id':'c#','title':'T'}", CONTROLS)); }
static mp_str rest(const char *format, mp_str list) { return profile_of(mp_arena_printf(&arena, format, MP_FMT(list))); }

TEST(schemes_that_select_over_and_over)
{
    check("imports", controls(), "s.profile.json", rest("'imports':%.*s", many("{'href':'catalog.json','include-all':{}}", 5000)), "comparisons");
    check("patterns", controls(), "s.profile.json",
          rest("'imports':[{'href':'catalog.json','include-controls':%.*s}]", many("{'matching':[{'pattern':'*x*y'},{'pattern':'*x*y'},{'pattern':'*x*z'}]}", 9000)), "comparisons");
    check("a long pattern", controls(), "s.profile.json",
          rest("'imports':[{'href':'catalog.json','include-controls':[{'matching':[{'pattern':'%.*s'}]}]}]", repeated("*", 100000)), "a pattern of a profile has 100000 characters; the most is 200");
    check("children", catalog_of(mp_arena_printf(&arena, "[{'id':'r','title':'R','controls':%.*s}]", MP_FMT(many("{'id':'c#','title':'T'}", CONTROLS)))), "s.profile.json",
          rest("'imports':[{'href':'catalog.json','include-controls':[{'with-child-controls':'yes','with-ids':%.*s}]}]", many("'r'", 60000)), "comparisons");
    check("links", controls(), "s.profile.json",
          rest("'back-matter':{'resources':[{'uuid':'x','rlinks':[{'href':'http://example.com/catalog.json'}]}]},'imports':%.*s", many("{'href':'catalog.json','include-all':{}}", 3)), NULL);
}

TEST(schemes_that_change_over_and_over)
{
    mp_str one = catalog_of(many("{'id':'c#','title':'T'}", 1));
    check("alters", one, "s.profile.json", rest(IMPORT "'modify':{'alters':%.*s}", many("{'control-id':'c0','adds':[{'props':[{'name':'a','value':'b'}]}]}", 10000)), "64 MiB in memory");
    check("alters of one among many", controls(), "s.profile.json", rest(IMPORT "'modify':{'alters':%.*s}", many("{'control-id':'c1'}", 20000)), NULL);
    check("removals", catalog_of(mp_arena_printf(&arena, "[{'id':'c0','title':'T','props':%.*s}]", MP_FMT(many("{'name':'a','value':'#'}", 10000)))), "s.profile.json",
          rest(IMPORT "'modify':{'alters':[{'control-id':'c0','removes':%.*s}]}", many("{'by-name':'b'}", 10000)), "comparisons");
}

TEST(statements_that_grow)
{
    check("one large parameter", catalog_of(mp_arena_printf(&arena, "[{'id':'c','title':'T','params':[{'id':'p','values':['%.*s']}],'parts':[{'name':'statement','prose':'%.*s'}]}]",
                                                           MP_FMT(repeated("x", 10000)), MP_FMT(repeated("{{insert:param,p}}", 10000)))),
          "", mp_str_of(NULL, 0), "the statement of 'c' has more than 1024 KiB");
    check("many parameters", catalog_of(mp_arena_printf(&arena, "[{'id':'c','title':'T','params':%.*s,'parts':[{'name':'statement','prose':'%.*s'}]}]",
                                                       MP_FMT(many("{'id':'p#'}", 50000)), MP_FMT(repeated("{{insert:param,p49999}}", 50000)))),
          "", mp_str_of(NULL, 0), NULL);
    check("insertions without an end", catalog_of(mp_arena_printf(&arena, "[{'id':'c','title':'T','parts':[{'name':'statement','prose':'%.*s}}'}]}]", MP_FMT(repeated("{{insert:", 50000)))),
          "", mp_str_of(NULL, 0), NULL);
}

TEST(settings_and_sources)
{
    check("settings", catalog_of(mp_arena_printf(&arena, "[{'id':'c','title':'T','params':%.*s}]", MP_FMT(many("{'id':'p#'}", 50000)))), "s.profile.json",
          rest(IMPORT "'modify':{'set-parameters':%.*s}", many("{'param-id':'q#'}", 50000)), NULL);
    check("sources", controls(), "certification.json",
          mp_arena_printf(&arena, "{'certification':{'catalog':'c','sources':%.*s,'facts':%.*s}}", MP_FMT(many("{'id':'s#','title':{'en':'s'}}", 50000)),
                          MP_FMT(many("{'text':{'en':'x'},'source':'s49999'}", 50000))), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(schemes_that_select_over_and_over), RUN(schemes_that_change_over_and_over), RUN(statements_that_grow), RUN(settings_and_sources) };
    return cmocka_run_group_tests(tests, NULL, forget);
}
