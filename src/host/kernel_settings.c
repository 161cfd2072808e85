/* SPDX-License-Identifier: Apache-2.0 */
/* Settings and modules of the kernel. */
#include "machine_internal.h"

#define MOST_SETTINGS 8192
#define VALUE_BYTES 4096
#define DEPTH 6

/* What is read of /proc/sys. */
static const char *const trees[] = { "kernel", "fs", "net/ipv4", "net/ipv6/conf" };

typedef struct walk {
    mp_machine *m;
    size_t      count;
    bool        is_cut;
} walk;

/* Of the network only what holds for the host; of its interfaces what each decides for itself, whatever "all" says. */
static bool is_wanted(mp_str name)
{
    static const mp_str wanted[] = { MP_S_INIT("net.ipv4.conf.all."), MP_S_INIT("net.ipv4.conf.default."), MP_S_INIT("net.ipv4.tcp_"),
                                     MP_S_INIT("net.ipv4.icmp_"), MP_S_INIT("net.ipv4.ip_forward"), MP_S_INIT("net.ipv6.conf.all."),
                                     MP_S_INIT("net.ipv6.conf.default.") };
    static const mp_str of_interfaces[] = { MP_S_INIT(".accept_redirects"), MP_S_INIT(".rp_filter") };
    if (!mp_str_starts(name, MP_S("net.")))
        return true;
    for (size_t i = 0; i < MP_COUNT(wanted); i++)
        if (mp_str_starts(name, wanted[i]))
            return true;
    for (size_t i = 0; i < MP_COUNT(of_interfaces); i++)
        if (mp_str_ends(name, of_interfaces[i]))
            return true;
    return false;
}

static mp_code put_setting(walk *k, const char *path, mp_error *err)
{
    mp_str   text;
    mp_reach how;
    mp_str   name = mp_arena_dup(k->m->arena, mp_str_from(path + sizeof "proc/sys/" - 1));
    if (!name.ptr)
        return mp_machine_nomem(err);
    for (char *c = (char *)(uintptr_t)name.ptr; *c; c++)
        *c = (char)(*c == '/' ? '.' : *c);
    if (!is_wanted(name))
        return MP_OK;
    MP_TRY(mp_root_slurp(&text, &how, &k->m->root, path, VALUE_BYTES, k->m->arena, err));
    if (how != MP_REACH_OK) /* some can only be written, or only by root: they are not in the list */
        return MP_OK;
    text = mp_str_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        char *c = (char *)(uintptr_t)(text.ptr + i);
        *c = (char)(*c == '\t' || *c == '\n' ? ' ' : *c);
    }
    k->count++;
    mp_jsonw_object(&k->m->w);
    mp_jsonw_put_str(&k->m->w, "name", name);
    mp_jsonw_put_str(&k->m->w, "value", text);
    mp_jsonw_end(&k->m->w);
    return MP_OK;
}

static mp_code read_tree(walk *k, const char *path, int depth, mp_error *err)
{
    mp_str  *names;
    size_t   count;
    mp_reach how;
    MP_TRY(mp_root_list(&names, &count, &how, &k->m->root, path, k->m->arena, err));
    for (size_t i = 0; i < count; i++) {
        struct stat s;
        const char *below = mp_machine_path(k->m, "%s/%.*s", path, MP_FMT(names[i]));
        if (!below)
            return mp_machine_nomem(err);
        if (k->count >= MOST_SETTINGS) {
            k->is_cut = true;
            return MP_OK;
        }
        if (mp_root_stat(&s, &k->m->root, below) != MP_REACH_OK)
            continue;
        if (S_ISREG(s.st_mode))
            MP_TRY(put_setting(k, below, err));
        else if (S_ISDIR(s.st_mode) && depth < DEPTH)
            MP_TRY(read_tree(k, below, depth + 1, err));
    }
    return MP_OK;
}

static mp_code read_sysctl(mp_machine *m, mp_error *err)
{
    walk k = { .m = m };
    if (!mp_root_has(&m->root, "proc/sys/kernel")) {
        mp_machine_gap_note(m, "sysctl", m->is_on ? MP_REACH_MISSING : MP_REACH_OFF, "/proc/sys");
        return MP_OK;
    }
    mp_jsonw_key(&m->w, MP_S("sysctl"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < MP_COUNT(trees); i++)
        MP_TRY(read_tree(&k, mp_machine_path(m, "proc/sys/%s", trees[i]), 0, err));
    mp_jsonw_end(&m->w);
    if (k.is_cut)
        mp_machine_gap_note(m, "sysctl[*]", MP_REACH_TOO_LONG, "/proc/sys");
    return MP_OK;
}

/* ---- modules ---- */

static const mp_str always[] = { MP_S_INIT("usb_storage"), MP_S_INIT("cramfs"), MP_S_INIT("freevxfs"), MP_S_INIT("hfs"),
                                 MP_S_INIT("hfsplus"), MP_S_INIT("jffs2"), MP_S_INIT("squashfs"), MP_S_INIT("udf"),
                                 MP_S_INIT("dccp"), MP_S_INIT("sctp"), MP_S_INIT("rds"), MP_S_INIT("tipc") };

/* '-' and '_' are one in names of modules. */
static bool is_module(mp_str written, mp_str name)
{
    if (written.len != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((written.ptr[i] == '-' ? '_' : written.ptr[i]) != name.ptr[i])
            return false;
    return true;
}

/* "install usb-storage /bin/false" */
static bool is_barred(mp_str settings, mp_str name)
{
    mp_str line;
    while (mp_line_next(&line, &settings)) {
        line = mp_line_without(line, '#');
        if (!mp_str_eq(mp_word_next(&line), MP_S("install")) || !is_module(mp_word_next(&line), name))
            continue;
        mp_str program = mp_word_next(&line);
        if (mp_str_ends(program, MP_S("/false")) || mp_str_ends(program, MP_S("/true")))
            return true;
    }
    return false;
}

/* "kernel/fs/hfs/hfs.ko:" of modules.dep, "kernel/fs/udf/udf.ko" of modules.builtin */
static bool names_file(mp_str list, mp_str name)
{
    mp_str line;
    while (mp_line_next(&line, &list)) {
        mp_str path = mp_piece_next(&line, ':');
        size_t slash = mp_str_rfind(path, '/');
        mp_str file = slash == SIZE_MAX ? path : mp_str_skip(path, slash + 1);
        size_t dot = mp_str_find(file, '.');
        if (dot != SIZE_MAX && is_module(mp_str_of(file.ptr, dot), name))
            return true;
    }
    return false;
}

static bool is_always(mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(always); i++)
        if (mp_str_eq(always[i], name))
            return true;
    return false;
}

static bool is_in_first_words(mp_str list, mp_str name)
{
    mp_str line;
    while (mp_line_next(&line, &list))
        if (mp_str_eq(mp_word_next(&line), name))
            return true;
    return false;
}

typedef struct modules {
    mp_str   loaded, settings, builtin, dependencies;
    mp_reach reach_loaded, reach_settings, reach_dependencies;
} modules;

static void put_module(mp_machine *m, const modules *k, mp_str name, bool is_loaded)
{
    bool is_missing = k->reach_dependencies == MP_REACH_OK && !names_file(k->dependencies, name);
    bool is_built_in = names_file(k->builtin, name);
    mp_jsonw_object(&m->w);
    mp_jsonw_put_str(&m->w, "name", name);
    mp_jsonw_put_bool(&m->w, "isLoaded", is_loaded || is_built_in);
    mp_jsonw_put_bool(&m->w, "isBlocked",
                      !is_built_in && ((is_missing && !is_loaded) || is_barred(k->settings, name)));
    mp_jsonw_end(&m->w);
}

static void put_modules(mp_machine *m, const modules *k)
{
    mp_str rest = k->loaded, line;
    mp_jsonw_key(&m->w, MP_S("kernelModules"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < MP_COUNT(always); i++)
        put_module(m, k, always[i], is_in_first_words(k->loaded, always[i]));
    while (mp_line_next(&line, &rest)) {
        mp_str name = mp_word_next(&line);
        if (name.len && !is_always(name))
            put_module(m, k, name, true);
    }
    mp_jsonw_end(&m->w);
}

/* Of several folders the first that has a file of a name counts: /etc, /run, /usr/lib. To bar a module each is good
 * enough, and a file of /etc that takes it back is rare: all are read. */
static mp_code read_modules(mp_machine *m, mp_buf *settings, mp_error *err)
{
    static const char *const folders[] = { "etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d" };
    modules  k = { .reach_settings = MP_REACH_OK };
    mp_reach ignored;
    for (size_t i = 0; i < MP_COUNT(folders) && k.reach_settings == MP_REACH_OK; i++)
        MP_TRY(mp_machine_folder(settings, &k.reach_settings, m, folders[i], ".conf", err));
    k.settings = mp_buf_str(settings);
    MP_TRY(mp_machine_file(&k.loaded, &k.reach_loaded, m, "proc/modules", err));
    k.reach_dependencies = MP_REACH_MISSING;
    if (m->kernel.len) {
        MP_TRY(mp_machine_file(&k.dependencies, &k.reach_dependencies, m,
                               mp_machine_path(m, "lib/modules/%.*s/modules.dep", MP_FMT(m->kernel)), err));
        MP_TRY(mp_machine_file(&k.builtin, &ignored, m,
                               mp_machine_path(m, "lib/modules/%.*s/modules.builtin", MP_FMT(m->kernel)), err));
    }
    if (k.reach_loaded != MP_REACH_OK)
        mp_machine_gap_note(m, "kernelModules", m->is_on ? k.reach_loaded : MP_REACH_OFF, "/proc/modules");
    else if (k.reach_settings != MP_REACH_OK)
        mp_machine_gap_note(m, "kernelModules", k.reach_settings, "/etc/modprobe.d");
    else
        put_modules(m, &k);
    return MP_OK;
}

mp_code mp_read_kernel_settings(mp_machine *m, mp_error *err)
{
    mp_buf settings = MP_BUF_INIT;
    MP_TRY(read_sysctl(m, err));
    mp_code code = read_modules(m, &settings, err);
    mp_buf_free(&settings);
    return code;
}
