/* SPDX-License-Identifier: Apache-2.0 */
#include "generate.h"

#include <stdio.h>

#include "test.h"

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void put_vm(FILE *f, int i, uint32_t group)
{
    static const char *const spellings[] = { "Microsoft.Compute/virtualMachines",
                                             "microsoft.compute/virtualmachines",
                                             "Microsoft.Compute/VirtualMachines" };
    static const char *const tags[] = { "", ",\"tags\":{\"env\":\"prod\"}", ",\"tags\":{\"owner\":\"kim\"}",
                                        ",\"tags\":{\"n\":\"1\"}", ",\"tags\":null" };
    fprintf(f, "{\"id\":\"%s/resourceGroups/%s%u/providers/Microsoft.Compute/virtualMachines/vm%d\","
            "\"type\":\"%s\",\"name\":\"vm%d\",\"location\":\"%s\"%s,\"properties\":{}}\n",
            SUB, any(4) ? "rg" : "RG", group, i, spellings[any(3)], i,
            any(2) ? "koreacentral" : "Korea South", tags[any(5)]);
}

static void put_related(FILE *f, int i, uint32_t group)
{
    switch (any(4)) {
    case 0:
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg%u/providers/Microsoft.Compute/virtualMachines/vm%u/"
                "extensions/e%d\",\"type\":\"Microsoft.Compute/virtualMachines/extensions\",\"name\":\"e%d\","
                "\"location\":\"koreacentral\",\"properties\":{\"publisher\":\"%s\"}}\n",
                SUB, group, any(400), i, i, any(2) ? "good" : "bad");
        break;
    case 1:
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg%u/providers/Microsoft.Compute/virtualMachines/vm%u/"
                "providers/Microsoft.Insights/diagnosticSettings/d%d\",\"name\":\"d%d\",\"properties\":{}}\n",
                SUB, group, any(400), i, i);
        break;
    case 2:
        fprintf(f, "{\"id\":\"%s/resourceGroups/%s/providers/Microsoft.Network/networkWatchers/n%d\","
                "\"type\":\"Microsoft.Network/networkWatchers\",\"name\":\"n%d\",\"location\":\"%s\"}\n",
                SUB, any(3) ? "rg3" : "rg-Shared", i, i, any(2) ? "koreacentral" : "westus");
        break;
    default:
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg%u\",\"type\":\"Microsoft.Resources/subscriptions/"
                "resourceGroups\",\"name\":\"rg%u\",\"location\":\"koreacentral\"%s}\n",
                SUB, any(6), any(6), any(2) ? ",\"tags\":{\"env\":\"prod\",\"owner\":\"lee\"}" : "");
    }
}

void generate_documents(const char *path, int count)
{
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    seed = 7;
    for (int i = 0; i < count; i++) {
        uint32_t group = any(10);
        if (any(10) == 0)
            fputs(any(2) ? "{\"id\": oops}\n" : "{\"name\":\"nameless\"}\n", f);
        else if (any(8) == 0)
            put_vm(f, i / 2, (uint32_t)i % 10); /* a duplicate now and then */
        else if (any(2))
            put_vm(f, i, group);
        else
            put_related(f, i, group);
    }
    fprintf(f, "{\"id\":\"%s\",\"type\":\"Microsoft.Resources/subscriptions\",\"tags\":{}}\n", SUB);
    CHECK(fclose(f) == 0);
}

void generate_spellings(const char *path)
{
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    for (int i = 0; i < 4000; i++)
        fprintf(f, "{\"id\":\"%s/resourceGroups/rg1/providers/%s/vm%d\",\"name\":\"vm%d\","
                "\"location\":\"koreacentral\"}\n", SUB,
                i % 2 ? "microsoft.compute/virtualmachines" : "Microsoft.Compute/virtualMachines", i, i);
    CHECK(fclose(f) == 0);
}

void generate_small(const char *path)
{
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    seed = 3;
    for (int i = 0; i < 4; i++) {
        put_vm(f, i, 1);
        put_related(f, i, 1);
    }
    fputs("nothing\n", f);
    CHECK(fclose(f) == 0);
}
