// SPDX-License-Identifier: Apache-2.0
// Every public header in one C++ program that uses the library: that they stand together, have C linkage and
// mean the same. tests/lib/installed.py compares the list with include/mapae.
#include <mapae/aliases.h>
#include <mapae/api.h>
#include <mapae/engine.h>
#include <mapae/error.h>
#include <mapae/inventory.h>
#include <mapae/json.h>
#include <mapae/memory.h>
#include <mapae/resource.h>
#include <mapae/str.h>

#include <cstdio>
#include <memory>
#include <string>

struct freed {
    void operator()(mp_json_doc *doc) const { mp_json_doc_free(doc); }
    void operator()(mp_arena *arena) const { mp_arena_delete(arena); }
};

static int fail(const mp_error &err)
{
    std::printf("failed: %s\n", err.message);
    return 1;
}

int main()
{
    const std::string text = R"({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a"})";
    mp_error     err{};
    mp_json_doc *doc = nullptr;
    mp_arena    *arena = nullptr;
    if (mp_json_doc_new(&doc, &err) != MP_OK || mp_arena_new(&arena, &err) != MP_OK)
        return fail(err);
    std::unique_ptr<mp_json_doc, freed> doc_owner(doc);
    std::unique_ptr<mp_arena, freed>    arena_owner(arena);

    const mp_json *root = nullptr;
    mp_resource    resource{};
    if (mp_json_read(doc, &root, mp_str_of(text.data(), text.size()), nullptr, nullptr, &err) != MP_OK ||
        mp_resource_from_arm(&resource, root, arena, &err) != MP_OK)
        return fail(err);
    std::printf("%.*s %s\n", MP_FMT(resource.type), mp_format_name(MP_FORMAT_ARM_RESOURCE));
    return mp_str_eq_fold(resource.type, MP_S("microsoft.web/SITES")) ? 0 : 1;
}
