/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - hold policies in a program, and decide about one resource at a time.
 *
 *   mp_engine_new
 *   mp_engine_add(engine, "tls.json", text, MP_ENGINE_JUDGED)     as many documents as there are
 *   mp_engine_compile(engine, NULL)                               after that the engine never changes
 *   mp_worker_new(&worker, engine)                                one for each thread
 *   mp_worker_decide(&verdicts, &count, worker, &request)         one for each resource
 *   mp_worker_free, mp_engine_free
 *
 * Until it is compiled an engine belongs to one thread. From then on any number of threads may use it,
 * each through a worker of its own. A worker belongs to one thread at a time.
 *
 * Texts are UTF-8. Strings that come back are never absent: what is not known is empty. */
#ifndef MAPAE_ENGINE_H
#define MAPAE_ENGINE_H

#include <mapae/aliases.h>
#include <mapae/json.h>

MP_API_BEGIN

typedef struct mp_engine mp_engine;
typedef struct mp_worker mp_worker;

/* ---- making an engine ---- */

typedef enum mp_engine_role {
    MP_ENGINE_JUDGED,     /* its policies are to be judged */
    MP_ENGINE_REFERENCED, /* only found when an initiative or assignment refers to it */
} mp_engine_role;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_engine_new(mp_engine **out, mp_error *err);
/* After its workers. NULL is fine. */
void mp_engine_free(mp_engine *engine);

/* Add a document, an array of documents or {"value": [...]}: policy definitions, initiatives, assignments,
 * exemptions, attestations, each recognised by its content. `name` is what findings call it. Both are
 * copied. What is wrong with the text is a finding, and the rest may still be added. Fails with MP_NOMEM;
 * MP_USAGE after mp_engine_compile(). */
MP_MUST_CHECK mp_code mp_engine_add(mp_engine *engine, mp_str name, mp_str text, mp_engine_role role,
                                    mp_error *err);
/* Values for the parameters of what is judged without an assignment: {"name": value, ...}, or as parameter
 * files have it. Copied. Fails with MP_SYNTAX, MP_FORMAT (err->pos in `text`), MP_NOMEM, MP_USAGE. */
MP_MUST_CHECK mp_code mp_engine_add_parameters(mp_engine *engine, mp_str name, mp_str text,
                                               mp_error *err);

typedef struct mp_engine_options {
    const mp_aliases *aliases; /* NULL: mp_aliases_by_rule(). Borrowed: must outlive the engine */
    mp_str api_version;   /* of the resources, for tables that know versions; empty: the latest. Copied */
    bool   with_details;  /* mp_worker_details() will be asked */
    bool   any_location;  /* mode Indexed takes a resource without a location too */
    bool   despite_errors; /* compile what can be, though some finding is an error */
} mp_engine_options;

/* Resolve references, parameters and scopes, once. `options` NULL: all zero. Fails with MP_COMPILE when
 * some finding is an error (see mp_engine_finding(); the engine is then of no more use), unless
 * options->despite_errors; MP_USAGE when it was compiled already; MP_NOMEM. */
MP_MUST_CHECK mp_code mp_engine_compile(mp_engine *engine, const mp_engine_options *options,
                                        mp_error *err);

/* What is wrong with the documents, or surely meant otherwise. Borrowed from the engine. */
typedef struct mp_engine_finding {
    bool    is_error; /* else a warning */
    mp_code code;
    mp_str  name;    /* of the document, as it was added */
    mp_pos  pos;     /* in its text */
    mp_str  message; /* one sentence */
    mp_str  line;    /* the line of the text, without its end */
    mp_str  nearest; /* "did you mean" */
} mp_engine_finding;

/* Any time; the number grows with what is added and compiled. `i` is less than the number. */
size_t            mp_engine_finding_count(const mp_engine *engine);
mp_engine_finding mp_engine_finding_at(const mp_engine *engine, size_t i);

/* One policy as one assignment, initiative or nobody applies it. Borrowed from the engine. */
typedef struct mp_engine_policy {
    mp_str        id;           /* of the definition; its document's name when it has none */
    mp_str        name, display_name;
    mp_str        reference_id; /* within the initiative */
    mp_str        initiative_id, assignment_id;
    mp_str        effect;       /* as the policy spells it, parameters applied */
    mp_str        mode;
    const mp_str *groups;       /* names of the initiative's groups: controls */
    size_t        group_count;
} mp_engine_policy;

/* After mp_engine_compile(), in the order of judging. `i` is less than the number. */
size_t                  mp_engine_policy_count(const mp_engine *engine);
const mp_engine_policy *mp_engine_policy_at(const mp_engine *engine, size_t i);

/* ---- deciding ---- */

/* `engine` must be compiled, and outlive the worker. Fails with MP_USAGE, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_worker_new(mp_worker **out, const mp_engine *engine, mp_error *err);
void                  mp_worker_free(mp_worker *worker); /* NULL is fine */

/* What is asked. All texts are JSON, and may go once the call returns. */
typedef struct mp_request {
    mp_str        resource; /* one resource as ARM shows it */
    /* The resources around it that policies look for (diagnostic settings, extensions, ...). Where
     * `knows_related` is false, a policy that needs them is "NotEvaluated": it is never guessed. */
    const mp_str *related;
    size_t        related_count;
    bool          knows_related;
    mp_str        resource_group; /* documents of its containers; empty: what the id says of them */
    mp_str        subscription;
    mp_str        request_context; /* {"apiVersion", "identity"}: who asks for the change; empty: a scan */
    int64_t       now; /* seconds since 1970-01-01T00:00:00Z; 0: the clock */
} mp_request;

/* What one policy says of the resource. Borrowed until the worker's next call of mp_worker_decide(). */
typedef struct mp_engine_verdict {
    const mp_engine_policy *policy;
    mp_str state;  /* "NonCompliant", "Compliant", "Error", "Conflicting", "Protected", "Exempt", "Unknown",
                    * "NotEvaluated" */
    bool   is_good; /* counts as good in the percentage; NotEvaluated and Protected count as neither */
    bool   is_bad;
    mp_str reason; /* "condition-true", "related-missing", ... as docs/reference lists them;
                    * "related-unknown" where mp_request.knows_related is false */
    mp_str effect; /* for this resource: overrides applied */
    mp_str detail; /* what the reason is about: a related type, an exemption's name, an error's sentence */
} mp_engine_verdict;

/* Decide. Policies that do not apply leave no verdict. A policy that fails on this resource has a verdict,
 * "Error". Fails with MP_SYNTAX (err->pos in the text at fault), MP_FORMAT (a text is no JSON object),
 * MP_LIMIT, MP_NOMEM; what an earlier call gave is gone in any case. */
MP_MUST_CHECK mp_code mp_worker_decide(const mp_engine_verdict **out, size_t *count, mp_worker *worker,
                                       const mp_request *request, mp_error *err);

/* A condition that made the verdict what it is. */
typedef struct mp_engine_condition {
    mp_str         pointer; /* RFC 6901, in the policy's properties: "/policyRule/if/allOf/1" */
    mp_str         subject; /* the field, value or count as the policy writes it */
    mp_str         path;    /* where in the resource the field stands */
    mp_str         op;      /* "equals" */
    const mp_json *actual;  /* NULL: absent */
    const mp_json *wanted;  /* what it is compared with; NULL: nothing */
    bool           outcome;
    mp_str         message; /* of a failure */
    mp_str         resource; /* id of the related resource that was asked; empty: the judged one */
} mp_engine_condition;

/* More about verdict `i` of the last decision (MP_USAGE when there is no such one). The condition is
 * evaluated once more for it, so ask for what you show. All is borrowed until the next decision. */

/* Every condition that decided. Fails with MP_NOMEM, MP_USAGE. */
MP_MUST_CHECK mp_code mp_worker_conditions(const mp_engine_condition **out, size_t *count,
                                           mp_worker *worker, size_t i, mp_error *err);
/* The same as one sentence, in the language called "en" or "ko". Fails with MP_NOMEM, MP_USAGE. */
MP_MUST_CHECK mp_code mp_worker_sentence(mp_str *out, mp_worker *worker, size_t i, const char *language,
                                         mp_error *err);
/* What the effect would do: {"operations", "resource"} of modify, {"fields", "resource"} of append,
 * {"deployment", "roleDefinitionIds"} of deployIfNotExists; {} for the others. Fails with MP_EVALUATION,
 * MP_NOMEM; MP_USAGE when the engine was compiled without details. */
MP_MUST_CHECK mp_code mp_worker_details(const mp_json **out, mp_worker *worker, size_t i, mp_error *err);

/* `v` as JSON text on one line. Borrowed until the next decision. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_worker_json_text(mp_str *out, mp_worker *worker, const mp_json *v, mp_error *err);

MP_API_END
#endif
