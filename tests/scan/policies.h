/* SPDX-License-Identifier: Apache-2.0 */
/* policies.h - a set of small policies that uses everything a scan treats apart: what is judged alone, what
 * needs related resources at each place, what needs the group's or the subscription's document, changes that
 * conflict, exemptions. ` stands for ". */
#ifndef MAPAE_TESTS_SCAN_POLICIES_H
#define MAPAE_TESTS_SCAN_POLICIES_H

#include "generate.h"

#define P_(name, mode, rule)                                                                          \
    "{`id`: `/providers/Microsoft.Authorization/policyDefinitions/" name "`, `name`: `" name          \
    "`, `properties`: {`mode`: `" mode "`, `policyRule`: " rule "}}"
#define VM "{`field`: `type`, `equals`: `Microsoft.Compute/virtualMachines`}"

static const char policies[] =
    "["
    P_("alone", "All", "{`if`: {`allOf`: [" VM ", {`field`: `tags.env`, `exists`: false}]},"
       " `then`: {`effect`: `audit`}}") ","
    P_("fails", "All", "{`if`: {`allOf`: [" VM ", {`value`: `[div(1, int(field('tags.n')))]`,"
       " `equals`: 1}]}, `then`: {`effect`: `audit`}}") ","
    P_("below", "Indexed", "{`if`: " VM ", `then`: {`effect`: `auditIfNotExists`, `details`: {"
       "`type`: `Microsoft.Compute/virtualMachines/extensions`, `existenceCondition`:"
       " {`field`: `Microsoft.Compute/virtualMachines/extensions/publisher`, `equals`: `good`}}}}") ","
    P_("on", "All", "{`if`: " VM ", `then`: {`effect`: `auditIfNotExists`, `details`: {"
       "`type`: `Microsoft.Insights/diagnosticSettings`}}}") ","
    P_("group", "All", "{`if`: " VM ", `then`: {`effect`: `auditIfNotExists`, `details`: {"
       "`type`: `Microsoft.Network/networkWatchers`}}}") ","
    P_("other-group", "All", "{`if`: " VM ", `then`: {`effect`: `deployIfNotExists`, `details`: {"
       "`type`: `Microsoft.Network/networkWatchers`, `resourceGroupName`: `RG-shared`,"
       " `roleDefinitionIds`: [`/providers/microsoft.authorization/roleDefinitions/x`],"
       " `deployment`: {`properties`: {`mode`: `incremental`, `template`: {}}}}}}") ","
    P_("anywhere", "All", "{`if`: " VM ", `then`: {`effect`: `auditIfNotExists`, `details`: {"
       "`type`: `Microsoft.Network/networkWatchers`, `existenceScope`: `subscription`,"
       " `existenceCondition`: {`field`: `location`, `equals`: `[field('location')]`}}}}") ","
    P_("group-tag", "Indexed", "{`if`: {`allOf`: [" VM ", {`value`:"
       " `[resourceGroup().tags['env']]`, `equals`: `prod`}]}, `then`: {`effect`: `audit`}}") ","
    P_("group-location", "Indexed", "{`if`: {`field`: `location`, `notEquals`: `[resourceGroup().location]`},"
       " `then`: {`effect`: `audit`}}") ","
    P_("group-has-tag", "Indexed", "{`if`: {`allOf`: [" VM ", {`value`: `[coalesce(tryGet(coalesce(tryGet("
       "resourceGroup(), 'tags'), createObject()), 'env'), '')]`, `notEquals`: ``}]},"
       " `then`: {`effect`: `audit`}}") ","
    P_("group-name", "Indexed", "{`if`: {`allOf`: [" VM ", {`value`: `[resourceGroup().name]`, `like`: `rg1*`}]},"
       " `then`: {`effect`: `audit`}}") ","
    P_("inherit", "Indexed", "{`if`: {`allOf`: [" VM ", {`field`: `tags['owner']`, `notEquals`:"
       " `[resourceGroup().tags['owner']]`}]}, `then`: {`effect`: `modify`, `details`: {`roleDefinitionIds`:"
       " [`/providers/microsoft.authorization/roleDefinitions/x`], `operations`: [{`operation`:"
       " `addOrReplace`, `field`: `tags['owner']`, `value`: `[resourceGroup().tags['owner']]`}]}}}") ","
    P_("stamp", "Indexed", "{`if`: {`allOf`: [" VM ", {`field`: `tags['owner']`, `exists`: false}]},"
       " `then`: {`effect`: `modify`, `details`: {`roleDefinitionIds`:"
       " [`/providers/microsoft.authorization/roleDefinitions/x`], `operations`: [{`operation`:"
       " `addOrReplace`, `field`: `tags['owner']`, `value`: `nobody`}]}}}") ","
    P_("existence-context", "All", "{`if`: " VM ", `then`: {`effect`: `auditIfNotExists`, `details`: {"
       "`type`: `Microsoft.Compute/virtualMachines/extensions`, `existenceCondition`: {`field`: `location`,"
       " `equals`: `[resourceGroup().location]`}}}}") ","
    P_("groups", "All", "{`if`: {`allOf`: [{`field`: `type`, `equals`:"
       " `Microsoft.Resources/subscriptions/resourceGroups`}, {`field`: `tags.env`, `exists`: false}]},"
       " `then`: {`effect`: `deny`}}") ","
    P_("manual", "All", "{`if`: {`field`: `type`, `equals`: `Microsoft.Resources/subscriptions`},"
       " `then`: {`effect`: `manual`, `details`: {`defaultState`: `Unknown`}}}") ","
    "{`id`: `/providers/Microsoft.Authorization/policySetDefinitions/set`, `name`: `set`, `properties`: {"
    "`policyDefinitionGroups`: [{`name`: `g1`}, {`name`: `g2`}], `policyDefinitions`: ["
    "{`policyDefinitionReferenceId`: `r-alone`, `groupNames`: [`g1`],"
    " `policyDefinitionId`: `/providers/Microsoft.Authorization/policyDefinitions/alone`},"
    "{`policyDefinitionReferenceId`: `r-below`, `groupNames`: [`g1`, `g2`],"
    " `policyDefinitionId`: `/providers/Microsoft.Authorization/policyDefinitions/below`},"
    "{`policyDefinitionReferenceId`: `r-group`, `groupNames`: [`g2`],"
    " `policyDefinitionId`: `/providers/Microsoft.Authorization/policyDefinitions/group-tag`}]}},"
    "{`id`: `" SUB "/providers/Microsoft.Authorization/policyAssignments/a`, `name`: `a`, `properties`: {"
    "`policyDefinitionId`: `/providers/Microsoft.Authorization/policySetDefinitions/set`,"
    " `scope`: `" SUB "`, `notScopes`: [`" SUB "/resourceGroups/rg7`]}},"
    "{`id`: `" SUB "/resourceGroups/rg1/providers/Microsoft.Authorization/policyExemptions/e`, `name`: `e`,"
    " `properties`: {`policyAssignmentId`: `" SUB "/providers/Microsoft.Authorization/policyAssignments/a`,"
    " `policyDefinitionReferenceIds`: [`r-below`], `exemptionCategory`: `Waiver`,"
    " `expiresOn`: `2030-01-01T00:00:00Z`}}"
    "]";

#endif
