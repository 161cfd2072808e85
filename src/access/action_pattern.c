/* SPDX-License-Identifier: Apache-2.0 */
#include "action_pattern.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool mp_action_is_pattern(mp_str s)
{
    static const char also[] = "./_-*";
    if (s.len == 0 || s.len > MP_ACTION_MAX || s.ptr[0] == '/' || s.ptr[s.len - 1] == '/')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = lower(s.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr(also, c))))
            return false;
        if (c == '/' && s.ptr[i - 1] == '/')
            return false;
    }
    return true;
}

bool mp_action_fold(mp_str *folded, char out[MP_ACTION_MAX], mp_str s)
{
    if (s.len > MP_ACTION_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        out[i] = lower(s.ptr[i]);
    *folded = mp_str_of(out, s.len);
    return true;
}

mp_action_pattern mp_action_compile(mp_str folded)
{
    size_t first = mp_str_find(folded, '*'), last = mp_str_rfind(folded, '*');
    if (first == SIZE_MAX)
        return (mp_action_pattern){ folded, (uint16_t)folded.len, 0, true };
    return (mp_action_pattern){ folded, (uint16_t)first, (uint16_t)(folded.len - last - 1), false };
}

/* The pieces between the first and the last '*', each at its first place behind the one before: when the
 * pieces fit at all, they fit so. */
static bool pieces_fit(mp_str pieces, mp_str text)
{
    while (pieces.len) {
        size_t star = mp_str_find(pieces, '*');
        mp_str piece = mp_str_of(pieces.ptr, star == SIZE_MAX ? pieces.len : star);
        size_t at = piece.len ? mp_str_find_str(text, piece) : 0;
        if (at == SIZE_MAX)
            return false;
        text = mp_str_skip(text, at + piece.len);
        pieces = mp_str_skip(pieces, piece.len + 1);
    }
    return true;
}

bool mp_action_matches(const mp_action_pattern *p, mp_str action)
{
    if (p->is_plain)
        return mp_str_eq(p->text, action);
    if (action.len < (size_t)p->head + p->tail || memcmp(p->text.ptr, action.ptr, p->head) != 0 ||
        memcmp(p->text.ptr + p->text.len - p->tail, action.ptr + action.len - p->tail, p->tail) != 0)
        return false;
    size_t between = p->text.len - p->head - p->tail; /* first '*' to last '*', both counted */
    if (between <= 2)
        return true;
    return pieces_fit(mp_str_of(p->text.ptr + p->head + 1, between - 2),
                      mp_str_of(action.ptr + p->head, action.len - p->head - p->tail));
}

/* A '*' of `inner` stands for a letter that `outer` does not have (there are more letters than either has),
 * so only a '*' of `outer` can take it: `outer` matches that text exactly when it matches all that `inner`
 * does. */
bool mp_action_within(mp_str inner, mp_str outer)
{
    size_t i = 0, o = 0, star = SIZE_MAX, retry = 0;
    while (i < inner.len) {
        if (o < outer.len && outer.ptr[o] == '*') {
            star = o++;
            retry = i;
        } else if (o < outer.len && outer.ptr[o] == inner.ptr[i]) {
            i++;
            o++;
        } else if (star != SIZE_MAX) {
            o = star + 1;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (o < outer.len && outer.ptr[o] == '*')
        o++;
    return o == outer.len;
}

/* meets[j]: the rest of `a` from i on and the rest of `b` from j on have a text in common. */
bool mp_action_meets(mp_str a, mp_str b)
{
    bool meets[MP_ACTION_MAX + 1] = { false };
    if (a.len > MP_ACTION_MAX || b.len > MP_ACTION_MAX)
        return true; /* not decided here: the careful answer */
    for (size_t i = a.len + 1; i-- > 0;) {
        bool below_right = false; /* of (i + 1, j + 1) */
        for (size_t j = b.len + 1; j-- > 0;) {
            bool below = i < a.len && meets[j]; /* of (i + 1, j) */
            bool right = j < b.len && meets[j + 1];
            bool a_star = i < a.len && a.ptr[i] == '*', b_star = j < b.len && b.ptr[j] == '*';
            bool here;
            if (i == a.len && j == b.len)
                here = true;
            else if (a_star || b_star)
                here = (a_star && (below || right)) || (b_star && (right || below));
            else
                here = i < a.len && j < b.len && a.ptr[i] == b.ptr[j] && below_right;
            below_right = below;
            meets[j] = here;
        }
    }
    return meets[0];
}
