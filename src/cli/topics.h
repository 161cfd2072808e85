/* SPDX-License-Identifier: Apache-2.0 */
/* topics.h - the words that Mapae knows, list by list, as `mapae language` and the reference print
 * them. The lists are the program's own tables; what each word means is a message. */
#ifndef MAPAE_CLI_TOPICS_H
#define MAPAE_CLI_TOPICS_H

#include "messages.h"

typedef struct mp_topic {
    const char   *name;   /* "operators"; its title is the message topic.NAME, its text topic.NAME.text */
    const char   *prefix; /* what a word means is the message PREFIX + word */
    const mp_str *names;
    const mp_str *terms;  /* how a word is written: "concat(value, ...)"; NULL: as its name */
    size_t        count;
    bool          is_language; /* of the policy language, so that `mapae language` prints it */
} mp_topic;

extern const mp_topic mp_topics[];
extern const size_t   mp_topic_count;

static inline mp_str mp_topic_term(const mp_topic *topic, size_t i)
{
    return topic->terms ? topic->terms[i] : topic->names[i];
}

#endif
