/* SPDX-License-Identifier: Apache-2.0 */
#include "arm_internal.h"

static const mp_arm_type types[] = {
#define MP_ARM_TYPE(space_, type_, versions_, located_) { space_, type_, versions_, located_ },
#include "arm_types.def"
#undef MP_ARM_TYPE
};

const char mp_arm_versions[] = "2024-03-01 2023-09-01 2022-09-01 2021-04-01 2020-06-01 2019-06-01";

const mp_arm_type *mp_arm_type_at(size_t index) { return index < MP_COUNT(types) ? &types[index] : NULL; }

static bool is_same(const mp_arm_type *known, mp_str type)
{
    mp_str space = mp_str_from(known->space), rest = mp_str_from(known->type);
    return type.len == space.len + 1 + rest.len && type.ptr[space.len] == '/' &&
           mp_str_eq_fold(mp_str_of(type.ptr, space.len), space) &&
           mp_str_eq_fold(mp_str_skip(type, space.len + 1), rest);
}

const mp_arm_type *mp_arm_type_find(mp_str type)
{
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (is_same(&types[i], type))
            return &types[i];
    return NULL;
}

/* Of a type that nobody knows the namespace at least may be known. */
mp_str mp_arm_spelling(mp_str type, mp_arena *arena)
{
    size_t slash = mp_str_find(type, '/');
    mp_str given = mp_str_of(type.ptr, slash == SIZE_MAX ? type.len : slash);
    const mp_arm_type *known = mp_arm_type_find(type);
    if (known) {
        mp_str spelt = mp_arena_printf(arena, "%s/%s", known->space, known->type);
        return spelt.ptr ? spelt : type;
    }
    for (size_t i = 0; i < MP_COUNT(types) && slash != SIZE_MAX; i++)
        if (mp_str_eq_fold(given, mp_str_from(types[i].space))) {
            mp_str spelt = mp_arena_printf(arena, "%s%.*s", types[i].space, MP_FMT(mp_str_skip(type, slash)));
            return spelt.ptr ? spelt : type;
        }
    return type;
}

bool mp_arm_is_listed(mp_str type)
{
    const mp_arm_type *known = mp_arm_type_find(type);
    return known ? known->is_located : mp_str_find(type, '/') == mp_str_rfind(type, '/');
}

/* Regions of the public cloud, as its list of locations names them. */
static const mp_arm_region regions[] = {
    { "koreacentral", "Korea Central", "Asia Pacific" },
    { "koreasouth", "Korea South", "Asia Pacific" },
    { "australiacentral", "Australia Central", "Asia Pacific" },
    { "australiaeast", "Australia East", "Asia Pacific" },
    { "australiasoutheast", "Australia Southeast", "Asia Pacific" },
    { "brazilsouth", "Brazil South", "South America" },
    { "canadacentral", "Canada Central", "Canada" },
    { "canadaeast", "Canada East", "Canada" },
    { "centralindia", "Central India", "Asia Pacific" },
    { "centralus", "Central US", "US" },
    { "eastasia", "East Asia", "Asia Pacific" },
    { "eastus", "East US", "US" },
    { "eastus2", "East US 2", "US" },
    { "francecentral", "France Central", "Europe" },
    { "germanywestcentral", "Germany West Central", "Europe" },
    { "israelcentral", "Israel Central", "Middle East" },
    { "italynorth", "Italy North", "Europe" },
    { "japaneast", "Japan East", "Asia Pacific" },
    { "japanwest", "Japan West", "Asia Pacific" },
    { "northcentralus", "North Central US", "US" },
    { "northeurope", "North Europe", "Europe" },
    { "norwayeast", "Norway East", "Europe" },
    { "polandcentral", "Poland Central", "Europe" },
    { "qatarcentral", "Qatar Central", "Middle East" },
    { "southafricanorth", "South Africa North", "Africa" },
    { "southcentralus", "South Central US", "US" },
    { "southeastasia", "Southeast Asia", "Asia Pacific" },
    { "southindia", "South India", "Asia Pacific" },
    { "swedencentral", "Sweden Central", "Europe" },
    { "switzerlandnorth", "Switzerland North", "Europe" },
    { "uaenorth", "UAE North", "Middle East" },
    { "uksouth", "UK South", "Europe" },
    { "ukwest", "UK West", "Europe" },
    { "westcentralus", "West Central US", "US" },
    { "westeurope", "West Europe", "Europe" },
    { "westindia", "West India", "Asia Pacific" },
    { "westus", "West US", "US" },
    { "westus2", "West US 2", "US" },
    { "westus3", "West US 3", "US" },
};

const mp_arm_region *mp_arm_region_at(size_t index) { return index < MP_COUNT(regions) ? &regions[index] : NULL; }
