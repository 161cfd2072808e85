/* SPDX-License-Identifier: Apache-2.0 */
/* particle.h - how a word ends when it is read aloud in Korean. Private to messages. */
#ifndef MAPAE_MESSAGES_PARTICLE_H
#define MAPAE_MESSAGES_PARTICLE_H

#include <mapae/str.h>

typedef enum mp_ending {
    MP_ENDING_VOWEL,
    MP_ENDING_CONSONANT,
    MP_ENDING_RIEUL, /* a consonant, except for 으로/로 */
} mp_ending;

/* Closing quotes, brackets and other signs behind the word are not read. */
mp_ending mp_ending_of(mp_str word);

#endif
