/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include <stdlib.h>

/* The trie: every node is a slot too, also the inner ones, so "properties" is a slot when any path
 * goes through it. A node finds its children in a small open-addressing table by a hash of a name's
 * length and its first and last letters, which costs less than reading the whole name; the name is
 * then compared in full. Invariant: each table is at most half full. */

struct node {
    mp_str    name;
    uint32_t *table; /* node number, 0: free (the root is nobody's child) */
    uint32_t  mask;  /* size of the table - 1; table NULL: no children */
    uint32_t  children;
    uint32_t  slot;
    uint32_t  parent;
    bool      is_path; /* a path that was added ends here */
};

struct mp_slots {
    struct node *nodes; /* [0] is the root */
    uint32_t     len, cap;
    uint32_t     inputs;
    mp_arena     names;
};

static uint32_t hash_name(mp_str name)
{
    if (name.len == 0)
        return 0;
    uint32_t first = (unsigned char)name.ptr[0] | 0x20u;
    uint32_t last = (unsigned char)name.ptr[name.len - 1] | 0x20u;
    return (uint32_t)name.len * 31u + first * 7u + last * 131u;
}

static inline uint32_t find_child(const struct node *nodes, const struct node *parent, mp_str name)
{
    for (uint32_t i = hash_name(name);; i++) {
        uint32_t child = parent->table[i & parent->mask];
        if (child == 0 || mp_str_eq_fold(nodes[child].name, name))
            return child;
    }
}

mp_code mp_slots_new(mp_slots **out, uint32_t inputs, mp_error *err)
{
    mp_slots *slots = calloc(1, sizeof(*slots));
    if (slots)
        slots->nodes = calloc(8, sizeof(*slots->nodes));
    if (!slots || !slots->nodes) {
        free(slots);
        return mp_no_memory(err);
    }
    slots->len = 1;
    slots->cap = 8;
    slots->inputs = inputs;
    *out = slots;
    return MP_OK;
}

void mp_slots_free(mp_slots *slots)
{
    if (!slots)
        return;
    for (uint32_t i = 0; i < slots->len; i++)
        free(slots->nodes[i].table);
    free(slots->nodes);
    mp_arena_free(&slots->names);
    free(slots);
}

uint32_t mp_slots_count(const mp_slots *slots)
{
    return slots->inputs + slots->len - 1;
}

uint32_t mp_slots_inputs(const mp_slots *slots) { return slots->inputs; }

static void insert(const struct node *nodes, struct node *parent, uint32_t child)
{
    uint32_t i = hash_name(nodes[child].name);
    while (parent->table[i & parent->mask])
        i++;
    parent->table[i & parent->mask] = child;
}

/* Make room for one more child of `parent`. */
static bool grow_table(struct node *nodes, struct node *parent)
{
    uint32_t size = parent->table ? parent->mask + 1 : 0;
    if (parent->table && 2 * (parent->children + 1) <= size)
        return true;
    uint32_t *old = parent->table, *table = calloc(size ? 2 * size : 4, sizeof(*table));
    if (!table)
        return false;
    parent->table = table;
    parent->mask = (size ? 2 * size : 4) - 1;
    for (uint32_t i = 0; i < size; i++)
        if (old[i])
            insert(nodes, parent, old[i]);
    free(old);
    return true;
}

static mp_code add_child(uint32_t *out, mp_slots *slots, uint32_t parent, mp_str name, mp_error *err)
{
    if (slots->len == slots->cap) {
        struct node *nodes = realloc(slots->nodes, 2 * (size_t)slots->cap * sizeof(*nodes));
        if (!nodes)
            return mp_no_memory(err);
        slots->nodes = nodes;
        slots->cap *= 2;
    }
    mp_str copy = mp_arena_dup(&slots->names, name);
    if (!copy.ptr || !grow_table(slots->nodes, &slots->nodes[parent]))
        return mp_no_memory(err);
    uint32_t child = slots->len++;
    slots->nodes[child] = (struct node){
        .name = copy, .slot = slots->inputs + child - 1, .parent = parent
    };
    slots->nodes[parent].children++;
    insert(slots->nodes, &slots->nodes[parent], child);
    *out = child;
    return MP_OK;
}

mp_code mp_slots_add(uint32_t *slot, mp_slots *slots, mp_path path, mp_error *err)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < path.count; i++) {
        uint32_t child = slots->nodes[at].table
                             ? find_child(slots->nodes, &slots->nodes[at], path.steps[i].key)
                             : 0;
        if (!child)
            MP_TRY(add_child(&child, slots, at, path.steps[i].key, err));
        at = child;
    }
    slots->nodes[at].is_path = true;
    *slot = slots->nodes[at].slot;
    return MP_OK;
}

uint32_t mp_slots_find(const mp_slots *slots, mp_path path)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < path.count; i++) {
        at = slots->nodes[at].table ? find_child(slots->nodes, &slots->nodes[at], path.steps[i].key)
                                    : 0;
        if (!at)
            return UINT32_MAX;
    }
    return slots->nodes[at].is_path ? slots->nodes[at].slot : UINT32_MAX;
}

/* ---- filling ---- */

static void clear_below(const mp_slots *slots, const struct node *node, const mp_json **values)
{
    if (!node->table)
        return;
    for (uint32_t i = 0; i <= node->mask; i++) {
        if (!node->table[i])
            continue;
        const struct node *child = &slots->nodes[node->table[i]];
        values[child->slot] = NULL;
        clear_below(slots, child, values);
    }
}

static void fill(const mp_slots *slots, const struct node *node, const mp_json *object,
                 const mp_json **values)
{
    for (MP_JSON_MEMBERS(key, object)) {
        uint32_t number = find_child(slots->nodes, node, mp_json_str(key));
        if (!number)
            continue;
        const struct node *child = &slots->nodes[number];
        const mp_json     *earlier = values[child->slot];
        if (earlier) { /* the key of a member stands right before its value */
            if (mp_str_eq(mp_json_str(earlier - 1), child->name) &&
                !mp_str_eq(mp_json_str(key), child->name))
                continue;
            clear_below(slots, child, values);
        }
        values[child->slot] = key + 1;
        if (child->table && key[1].kind == MP_JSON_OBJECT)
            fill(slots, child, key + 1, values);
    }
}

void mp_slots_fill(const mp_slots *slots, const mp_json *doc, const mp_json **values)
{
    for (uint32_t i = slots->inputs, n = mp_slots_count(slots); i < n; i++)
        values[i] = NULL;
    if (slots->nodes[0].table && mp_json_is(doc, MP_JSON_OBJECT))
        fill(slots, &slots->nodes[0], doc, values);
}

/* ---- packing ----
 * Layout: header, a pair (slot, node number) for each value, nodes (8-aligned), strings. A value below
 * another packed one is not copied twice: parents have lower slots, so they come first. Nor is a string
 * that lies within the first one, as a resource's name does within its id. */

struct pair {
    uint32_t slot, node;
};

static size_t round8(size_t n) { return (n + 7) & ~(size_t)7; }

static struct pair *pack_pairs(const mp_pack *pack) { return (struct pair *)(pack + 1); }

static mp_json *pack_nodes(const mp_pack *pack)
{
    return (mp_json *)(pack_pairs(pack) + pack->count);
}

static bool holds_text(const mp_json *v)
{
    return v->kind == MP_JSON_STRING || v->kind == MP_JSON_REAL;
}

/* The nearest wanted path above `slot`. */
static uint32_t wanted_above(const mp_slots *slots, const bool *wanted, uint32_t slot)
{
    uint32_t at = slot < slots->inputs ? 0 : slots->nodes[slot - slots->inputs + 1].parent;
    for (; at; at = slots->nodes[at].parent)
        if (slots->nodes[at].is_path && (!wanted || wanted[slots->nodes[at].slot]))
            return slots->nodes[at].slot;
    return UINT32_MAX;
}

bool mp_slot_set_make(mp_slot_set *out, const mp_slots *slots, const bool *wanted, mp_arena *arena)
{
    uint32_t      count = mp_slots_count(slots);
    mp_slot_pick *picks = MP_ARENA_ARRAY(arena, mp_slot_pick, count + 1);
    if (!picks)
        return false;
    *out = (mp_slot_set){ picks, 0 };
    for (uint32_t i = 0; i < count; i++)
        if ((!wanted || wanted[i]) && (i < slots->inputs || slots->nodes[i - slots->inputs + 1].is_path))
            picks[out->count++] = (mp_slot_pick){ i, wanted_above(slots, wanted, i) };
    return true;
}

struct packing {
    const mp_json *const *values;
    mp_str                first; /* the first string that was copied */
    char                 *first_copy;
    char                 *strings; /* where the next one goes */
    mp_json              *to;
    uint32_t              count, nodes;
    size_t                text;
};

static bool is_within_first(const struct packing *p, const mp_json *v)
{
    return p->first.ptr && v->u.text >= p->first.ptr &&
           v->u.text + v->count <= p->first.ptr + p->first.len;
}

static void measure(struct packing *p, mp_slot_pick pick)
{
    const mp_json *v = p->values[pick.slot];
    if (!v)
        return;
    p->count++;
    if (pick.above != UINT32_MAX) /* a value is there only where all above it are */
        return;
    size_t n = mp_json_nodes(v);
    p->nodes += (uint32_t)n;
    for (size_t k = 0; k < n; k++) {
        if (!holds_text(&v[k]) || is_within_first(p, &v[k]))
            continue;
        if (!p->first.ptr)
            p->first = mp_json_str(&v[k]);
        p->text += v[k].count;
    }
}

static void copy_text(struct packing *p, mp_json *node)
{
    if (!holds_text(node) || node->count == 0)
        return;
    if (p->first_copy && is_within_first(p, node)) {
        node->u.text = p->first_copy + (node->u.text - p->first.ptr);
        return;
    }
    memcpy(p->strings, node->u.text, node->count);
    if (!p->first_copy && node->u.text == p->first.ptr)
        p->first_copy = p->strings;
    node->u.text = p->strings;
    p->strings += node->count;
}

/* Write the pair of a value, and the value if it is not part of one that was written. */
static void copy_value(struct packing *p, struct pair *pair, mp_slot_pick pick, uint32_t *nodes)
{
    const mp_json *v = p->values[pick.slot];
    pair->slot = pick.slot;
    if (pick.above != UINT32_MAX) { /* its pair was written before this one */
        const struct pair *above = pair;
        while ((--above)->slot != pick.above)
            ;
        pair->node = above->node + (uint32_t)(v - p->values[pick.above]);
        return;
    }
    pair->node = *nodes;
    for (size_t n = mp_json_nodes(v); n > 0; n--) {
        p->to[*nodes] = *v++;
        copy_text(p, &p->to[(*nodes)++]);
    }
}

mp_pack *mp_pack_make_part(const mp_slots *slots, const mp_json *const *values,
                           const mp_slot_set *set, mp_arena *arena)
{
    struct packing p = { .values = values };
    uint32_t       nodes = 0;
    for (uint32_t i = 0; i < set->count; i++)
        measure(&p, set->picks[i]);
    size_t bytes = round8(sizeof(mp_pack) + p.count * sizeof(struct pair) +
                          p.nodes * sizeof(mp_json) + p.text);
    mp_pack *pack = bytes <= UINT32_MAX ? mp_arena_alloc(arena, bytes) : NULL;
    if (!pack)
        return NULL;
    *pack = (mp_pack){ (uint32_t)bytes, mp_slots_count(slots), p.count, p.nodes };
    p.to = pack_nodes(pack);
    p.strings = (char *)(p.to + p.nodes);
    struct pair *pair = pack_pairs(pack);
    for (uint32_t i = 0; i < set->count; i++)
        if (values[set->picks[i].slot])
            copy_value(&p, pair++, set->picks[i], &nodes);
    return pack;
}

mp_pack *mp_pack_make(const mp_slots *slots, const mp_json *const *values, mp_arena *arena)
{
    mp_slot_set all;
    return mp_slot_set_make(&all, slots, NULL, arena) ? mp_pack_make_part(slots, values, &all, arena) : NULL;
}

void mp_pack_open(const mp_pack *pack, const mp_json **values)
{
    const struct pair *pairs = pack_pairs(pack);
    const mp_json     *nodes = pack_nodes(pack);
    memset(values, 0, pack->slots * sizeof(*values));
    for (uint32_t i = 0; i < pack->count; i++)
        values[pairs[i].slot] = &nodes[pairs[i].node];
}

const mp_json *mp_pack_get(const mp_pack *pack, uint32_t slot)
{
    const struct pair *pairs = pack_pairs(pack);
    for (uint32_t i = 0; i < pack->count; i++)
        if (pairs[i].slot == slot)
            return &pack_nodes(pack)[pairs[i].node];
    return NULL;
}

void mp_pack_detach(mp_pack *pack)
{
    mp_json *nodes = pack_nodes(pack);
    for (uint32_t i = 0; i < pack->nodes; i++)
        if (holds_text(&nodes[i]))
            nodes[i].u.span = nodes[i].count ? (uint64_t)(nodes[i].u.text - (char *)pack) : 0;
}

void mp_pack_attach(mp_pack *pack)
{
    mp_json *nodes = pack_nodes(pack);
    for (uint32_t i = 0; i < pack->nodes; i++)
        if (holds_text(&nodes[i]))
            nodes[i].u.text = (const char *)pack + nodes[i].u.span;
}
