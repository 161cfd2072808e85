# SPDX-License-Identifier: Apache-2.0
"""The Azure SDK for Python, as it comes with azure-cli, performs a whole story: sdk_story.py BASE MADE, where MADE
is what `mapae init` said, as JSON. Run it with the Python that azure-cli uses. Each step is a line of JSON on
standard output, for test_sdk.py: {name, passed, detail, call, requests: [[method, url, status, code]]}"""
import base64
import datetime
import json
import sys
import time
import traceback

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters, RoleDefinition
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.managementgroups import ManagementGroupsAPI
from azure.mgmt.managementgroups.models import CreateManagementGroupRequest
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.policyinsights.models import (Attestation, AttestationEvidence, CheckRestrictionsRequest,
                                              CheckRestrictionsResourceDetails, PendingField, QueryOptions, Remediation)
from azure.mgmt.resource import ManagementLockClient, PolicyClient, ResourceManagementClient, SubscriptionClient
from azure.mgmt.resource.locks.models import ManagementLockObject
from azure.mgmt.resource.policy.models import (Identity, NonComplianceMessage, PolicyAssignment,
                                               PolicyAssignmentUpdate, PolicyDefinition, PolicyDefinitionGroup,
                                               PolicyDefinitionReference, PolicyExemption, PolicySetDefinition)
from azure.mgmt.resource.resources.models import (Deployment, DeploymentProperties, DeploymentWhatIf,
                                                  DeploymentWhatIfProperties, GenericResource, ResourceGroup,
                                                  ResourceGroupPatchable, ScopedDeployment, Tags, TagsPatchResource, TagsResource)
from azure.mgmt.security import SecurityCenter

from wire import watch

BASE, MADE = sys.argv[1], json.loads(sys.argv[2])
SUBSCRIPTION = MADE["subscriptionId"]
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
NAME = "Py-Group"
GROUP = f"{SCOPE}/resourceGroups/{NAME}"
NETWORKS, VERSION = "Microsoft.Network/virtualNetworks", "2023-09-01"
SET = "py-baseline"
CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
ASSIGNMENT = f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/{SET}"
SET_ID = f"{SCOPE}/providers/Microsoft.Authorization/policySetDefinitions/{SET}"


def network(name):
    return f"{GROUP}/providers/{NETWORKS}/{name}"


def definition(name):
    return f"{SCOPE}/providers/Microsoft.Authorization/policyDefinitions/{name}"


wire = watch()
credential = ClientSecretCredential("adfs", MADE["clientId"], MADE["clientSecret"],
                                    authority=BASE)  # as adfs: no host of the public cloud is asked
OPTIONS = {"base_url": BASE, "credential_scopes": [f"{BASE}/.default"]}
authorization = AuthorizationManagementClient(credential, SUBSCRIPTION, **OPTIONS)
groups = ManagementGroupsAPI(credential, **OPTIONS)
insights = PolicyInsightsClient(credential, SUBSCRIPTION, **OPTIONS)
locking = ManagementLockClient(credential, SUBSCRIPTION, **OPTIONS)
policy = PolicyClient(credential, SUBSCRIPTION, **OPTIONS)
resources = ResourceManagementClient(credential, SUBSCRIPTION, **OPTIONS)
security = SecurityCenter(credential, SUBSCRIPTION, **OPTIONS)
subscriptions = SubscriptionClient(credential, **OPTIONS)

# ---- steps ----

def tell(name, passed, detail, call):
    print(
        json.dumps({
            "name": name, "passed": bool(passed), "detail": "" if passed else str(detail)[:3000], "call": call,
            "requests": wire
        }), flush=True)


def words(function):
    """"policy_definitions.get" of a bound method."""
    owner = type(function.__self__).__name__.removesuffix("Operations")
    return "".join("_" + c.lower() if c.isupper() and i else c.lower()
                   for i, c in enumerate(owner)) + "." + function.__name__


def ask(function, *arguments, **more):
    wire.clear()
    value = function(*arguments, **more)
    if function.__name__.startswith("begin_"):
        return value.result()
    return list(value) if hasattr(value, "by_page") else value


def good(name, function, *arguments, wanted=lambda v: True, **more):
    """Must succeed, and what comes must be as wanted."""
    value = None
    try:
        value = ask(function, *arguments, **more)
        is_good, detail = wanted(value), value
    except Exception:  # whatever a client makes of an answer is what the step is about
        is_good, detail = False, f"{value}\n{traceback.format_exc()}"
    tell(name, is_good, detail, words(function))
    return value


def refused(name, status, code, function, *arguments, wanted=lambda e: True, **more):
    """Must be refused with this status and code."""
    try:
        ask(function, *arguments, **more)
        is_good, detail = False, "nobody refused it"
    except HttpResponseError as error:
        is_good = error.status_code == status and error.error and error.error.code == code and wanted(
            error.error)
        detail = f"{error.status_code} {error}"
    except Exception:
        is_good, detail = False, traceback.format_exc()
    tell(name, is_good, detail, words(function))


def names(values):
    return sorted(one.name for one in values)


# ---- the story ----

def sign_in():
    wire.clear()
    token = credential.get_token(f"{BASE}/.default").token
    tell("sign-in", token.count(".") == 2, token, "ClientSecretCredential.get_token")
    wire.clear()
    wrong = ClientSecretCredential(MADE["tenantId"], MADE["clientId"], "wrong", authority=BASE,
                                   instance_discovery=False)
    try:
        said = wrong.get_token(f"{BASE}/.default").token
    except Exception as error:
        said = str(error)
    tell("a wrong secret is refused", "AADSTS7000215" in said, said, "ClientSecretCredential.get_token")
    good("subscriptions", subscriptions.subscriptions.list,
         wanted=lambda v: any(one.subscription_id == SUBSCRIPTION and one.state == "Enabled" for one in v))
    good("the subscription", subscriptions.subscriptions.get, SUBSCRIPTION,
         wanted=lambda v: v.subscription_id == SUBSCRIPTION)
    good("tenants", subscriptions.tenants.list, wanted=lambda v: v[0].tenant_id == MADE["tenantId"])
    good("locations", subscriptions.subscriptions.list_locations, SUBSCRIPTION,
         wanted=lambda v: "koreacentral" in names(v))
    good("providers", resources.providers.list, wanted=lambda v: len(v) > 40)
    good("a provider", resources.providers.get, "Microsoft.Network",
         wanted=lambda v: any(one.resource_type == "virtualNetworks" for one in v.resource_types))
    good("registering", resources.providers.register, "Microsoft.Network",
         wanted=lambda v: v.registration_state == "Registered")
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["oid"]


def make_groups():
    it = resources.resource_groups
    good("a group", it.create_or_update, NAME, ResourceGroup(location="koreacentral", tags={"team": "a"}),
         wanted=lambda v: v.properties.provisioning_state == "Succeeded")
    good("another group", it.create_or_update, "Py-Other", ResourceGroup(location="koreacentral"))
    good("shown", it.get, NAME.lower(), wanted=lambda v: v.name == NAME)
    good("changed", it.update, NAME, ResourceGroupPatchable(tags={"team": "b"}),
         wanted=lambda v: v.tags == {"team": "b"})
    good("it is there", it.check_existence, NAME, wanted=lambda v: v is True)
    good("another is not", it.check_existence, "none", wanted=lambda v: v is False)
    good("groups, a page of one each", it.list, top=1,
         wanted=lambda v: names(v) == [NAME, "Py-Other"] and len(wire) >= 2)
    good("groups with a tag", it.list, filter="tagName eq 'team' and tagValue eq 'b'",
         wanted=lambda v: names(v) == [NAME])
    refused("a group that is not there", 404, "ResourceGroupNotFound", it.get, "none")


def make_resources():
    it = resources.resources

    def typed(name):
        return NAME, "Microsoft.Network", "", "virtualNetworks", name, VERSION

    body = GenericResource(location="koreacentral", tags={"owner": "me"},
                           properties={"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    good("a resource", it.begin_create_or_update, *typed("Net1"), body,
         wanted=lambda v: v.id.lower() == network("Net1").lower() and v.properties["addressSpace"])
    good("by id", it.begin_create_or_update_by_id, network("Net2"), VERSION,
         GenericResource(location="koreacentral", properties={}), wanted=lambda v: v.type == NETWORKS)
    good("a child", it.begin_create_or_update, NAME, "Microsoft.Network",
         "virtualNetworks/Net1", "subnets", "a", VERSION,
         GenericResource(properties={"addressPrefix": "10.0.1.0/24"}), wanted=lambda v: v.name == "a")
    good("shown", it.get, *typed("net1"), wanted=lambda v: v.name == "Net1" and v.tags == {"owner": "me"})
    good("shown by id", it.get_by_id, network("Net1"), VERSION,
         wanted=lambda v: v.properties["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16"])
    good("changed", it.begin_update, *typed("Net1"), GenericResource(tags={"owner": "you", "more": "x"}),
         wanted=lambda v: v.tags["more"] == "x")
    good("changed by id", it.begin_update_by_id, network("Net1"), VERSION,
         GenericResource(tags={"owner": "me"}), wanted=lambda v: v.tags["owner"] == "me")
    good("it is there", it.check_existence, *typed("Net1"), wanted=lambda v: v is True)
    good("another is not", it.check_existence_by_id, network("none"), VERSION, wanted=lambda v: v is False)
    good("resources, a page of one each", it.list, top=1,
         wanted=lambda v: names(v) == ["Net1", "Net2"] and len(wire) >= 2)
    good("resources of the group and type", it.list_by_resource_group, NAME,
         filter=f"resourceType eq '{NETWORKS}'", expand="createdTime,changedTime",
         wanted=lambda v: names(v) == ["Net1", "Net2"] and v[0].created_time)
    good("resources with a tag", it.list, filter="tagName eq 'owner' and tagValue eq 'me'",
         wanted=lambda v: names(v) == ["Net1"])
    refused("a resource that is not there", 404, "ResourceNotFound", it.get_by_id, network("none"), VERSION)
    refused("a resource in a group that is not there", 404, "ResourceGroupNotFound",
            it.begin_create_or_update_by_id,
            network("x").replace(NAME, "none"), VERSION, body)


def tag():
    it = resources.tags
    good("tags", it.begin_create_or_update_at_scope, network("Net2"),
         TagsResource(properties=Tags(tags={"a": "1"})), wanted=lambda v: v.properties.tags == {"a": "1"})
    good("merged", it.begin_update_at_scope, network("Net2"),
         TagsPatchResource(operation="Merge", properties=Tags(tags={"b": "2"})),
         wanted=lambda v: v.properties.tags == {"a": "1", "b": "2"})
    good("shown", it.get_at_scope, network("Net2"), wanted=lambda v: len(v.properties.tags) == 2)
    good("gone", it.begin_delete_at_scope, network("Net2"))


def make_policies():
    it, sets = policy.policy_definitions, policy.policy_set_definitions
    is_network = {"field": "type", "equals": NETWORKS}

    def define(name, effect, condition=None, parameters=None):
        rule = {"if": {"allOf": [is_network, condition]} if condition else is_network, "then": effect}
        good(
            f"the definition {name}", it.create_or_update, name,
            PolicyDefinition(policy_type="Custom", mode="Indexed", display_name=f"Py: {name}",
                             metadata={"category": "Tests"}, policy_rule=rule, parameters=parameters),
            wanted=lambda v: v.name == name and v.policy_rule == rule and v.metadata["createdOn"])

    define("owned", {"effect": "deny"},
           {"field": "[concat('tags[', parameters('tag'), ']')]", "exists": "false"},
           {"tag": {"type": "String"}})
    define("seen", {"effect": "audit"}, {"field": f"{NETWORKS}/enableDdosProtection", "notEquals": True})
    define("asked", {"effect": "manual", "details": {"defaultState": "Unknown"}})
    good("shown", it.get, "owned", wanted=lambda v: v.parameters["tag"].type == "String")
    good("custom ones", it.list, filter="policyType eq 'Custom'", top=1,
         wanted=lambda v: names(v) == ["asked", "owned", "seen"] and len(wire) >= 3)
    good("built-in ones", it.list_built_in, wanted=lambda v: all(one.policy_type == "BuiltIn" for one in v))
    refused("a wrong rule", 400, "InvalidPolicyRule", it.create_or_update, "wrong",
            PolicyDefinition(policy_rule={"if": {"field": "type", "equal": "x"}, "then": {"effect": "deny"}}))
    refused("a definition that is not there", 404, "PolicyDefinitionNotFound", it.get, "none")
    members = [
        PolicyDefinitionReference(policy_definition_id=definition("owned"),
                                  policy_definition_reference_id="owned",
                                  parameters={"tag": {"value": "[parameters('tag')]"}}, group_names=["One"]),
        PolicyDefinitionReference(policy_definition_id=definition("seen"),
                                  policy_definition_reference_id="seen", group_names=["One"]),
        PolicyDefinitionReference(policy_definition_id=definition("asked"),
                                  policy_definition_reference_id="asked", group_names=["Two"])
    ]
    good(
        "a set", sets.create_or_update, SET,
        PolicySetDefinition(
            display_name="Py baseline", metadata={"category": "Regulatory Compliance"},
            parameters={"tag": {"type": "String", "defaultValue": "owner"}}, policy_definition_groups=[
                PolicyDefinitionGroup(name="One", display_name="The first"),
                PolicyDefinitionGroup(name="Two")
            ], policy_definitions=members), wanted=lambda v: len(v.policy_definitions) == 3)
    good("shown", sets.get, SET, wanted=lambda v: len(v.policy_definition_groups) == 2)
    good("custom sets", sets.list, filter="policyType eq 'Custom'", wanted=lambda v: names(v) == [SET])
    good("built-in sets", sets.list_built_in, wanted=lambda v: all(one.policy_type == "BuiltIn" for one in v))


def assign():
    it = policy.policy_assignments
    refused("a set that is not there", 404, "PolicySetDefinitionNotFound", it.create, SCOPE, "none",
            PolicyAssignment(policy_definition_id=SET_ID + "-none"))
    refused("an assignment without a parameter", 400, "MissingPolicyParameter", it.create, GROUP, "none",
            PolicyAssignment(policy_definition_id=definition("owned")))
    good(
        "an assignment", it.create, SCOPE, SET,
        PolicyAssignment(
            display_name="Py baseline", policy_definition_id=SET_ID, parameters={"tag": {"value": "owner"}},
            not_scopes=[f"{SCOPE}/resourceGroups/Py-Other"], non_compliance_messages=[
                NonComplianceMessage(message="Networks have an owner", policy_definition_reference_id="owned")
            ]), wanted=lambda v: v.id == ASSIGNMENT and v.scope == SCOPE and v.enforcement_mode == "Default")
    good("shown", it.get, SCOPE, SET, wanted=lambda v: v.parameters["tag"].value == "owner")
    good("shown by id", it.get_by_id, ASSIGNMENT, wanted=lambda v: v.name == SET)
    good("with an identity", it.update, SCOPE, SET,
         PolicyAssignmentUpdate(location="koreacentral", identity=Identity(type="SystemAssigned")),
         wanted=lambda v: v.identity.principal_id)
    good("assignments", it.list, wanted=lambda v: names(v) == [SET])
    good("assignments of the group", it.list_for_resource_group, NAME, wanted=lambda v: names(v) == [SET])
    good("assignments of the definition", it.list, filter=f"policyDefinitionId eq '{SET_ID}'",
         wanted=lambda v: names(v) == [SET])


def tells_why(error):
    """A refusal names the policy, the assignment, and every expression with what was found and what was wanted."""
    first = error.additional_info[0]
    info = first["info"] if isinstance(first, dict) else first.info
    found = info["evaluationDetails"]["evaluatedExpressions"]
    return ("Networks have an owner" in error.message and info["policyDefinitionEffect"] == "deny"
            and info["policyAssignmentId"].lower() == ASSIGNMENT.lower()
            and info["policyDefinitionReferenceId"] == "owned" and info["policySetDefinitionName"] == SET
            and any(one["result"] == "True" and one["path"] == "type" and one["operator"] == "Equals"
                    and one["targetValue"] == NETWORKS
                    for one in found) and any("tags" in one["path"] and one["operator"] == "Exists"
                                              for one in found))


def be_refused():
    it, body = resources.resources, GenericResource(location="koreacentral", properties={})
    refused("a resource is refused by policy", 403, "RequestDisallowedByPolicy",
            it.begin_create_or_update_by_id, network("No"), VERSION, body,
            wanted=lambda e: e.target == "No" and tells_why(e))
    good("and is not there", it.check_existence_by_id, network("No"), VERSION, wanted=lambda v: v is False)
    refused("also when it would come to be so by a change", 403, "RequestDisallowedByPolicy",
            resources.tags.begin_create_or_update_at_scope, network("Net1"),
            TagsResource(properties=Tags(tags={"none": "x"})), wanted=tells_why)
    good("what is excluded is not refused", it.begin_create_or_update_by_id,
         network("Free").replace(NAME, "Py-Other"), VERSION, body)


def ask_before():
    """What would policy say, before the resource is sent?"""
    it = insights.policy_restrictions
    content = {"type": NETWORKS, "location": "koreacentral"}

    def request(pending=None, scope=None, **more):
        return CheckRestrictionsRequest(pending_fields=pending, resource_details=CheckRestrictionsResourceDetails(
            resource_content={**content, **more}, api_version=VERSION, scope=scope))

    def is_denied(value):
        return any((one.evaluation_result, one.policy_info.policy_definition_reference_id) == ("NonCompliant", "owned")
                   for one in value.content_evaluation_result.policy_evaluations)
    good("what would be refused", it.check_at_resource_group_scope, NAME, request(), wanted=is_denied)
    good("in the subscription", it.check_at_subscription_scope,
         request([PendingField(field="tags['owner']")], GROUP),
         wanted=lambda v: any(one.restrictions[0].result == "Required" and
                              one.restrictions[0].policy.policy_assignment_id.lower() == ASSIGNMENT.lower()
                              for one in v.field_restrictions))
    good("with the tag nothing would", it.check_at_resource_group_scope, NAME, request(tags={"owner": "me"}),
         wanted=lambda v: not is_denied(v))


def deploy():
    it = resources.deployments

    def template(more):
        return {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0", "parameters": {"name": {"type": "string"}}, "resources": [{
                "type": NETWORKS, "apiVersion": VERSION, "name": "[parameters('name')]",
                "location": "[resourceGroup().location]", "properties": {}, **more
            }],
            "outputs": {"id": {"type": "string", "value": f"[resourceId('{NETWORKS}', parameters('name'))]"}}
        }

    def body(name, more, of=DeploymentProperties):
        return of(mode="Incremental", template=template(more), parameters={"name": {"value": name}})

    owned = {"tags": {"owner": "me"}}
    good("a deployment is validated", it.begin_validate, NAME, "first",
         Deployment(properties=body("Net3", owned)),
         wanted=lambda v: v.properties.provisioning_state == "Succeeded" and not v.error)
    good(
        "what it would change", it.begin_what_if, NAME, "first",
        DeploymentWhatIf(properties=body("Net3", owned, DeploymentWhatIfProperties)),
        wanted=lambda v: any(one.change_type == "Create" and one.resource_id.endswith("/Net3")
                             for one in v.changes))
    good(
        "it is made", it.begin_create_or_update, NAME, "first", Deployment(properties=body("Net3", owned)),
        wanted=lambda v: v.properties.provisioning_state == "Succeeded" and v.properties.outputs["id"][
            "value"].endswith("/Net3"))
    good("shown", it.get, NAME, "first", wanted=lambda v: len(v.properties.output_resources) == 1)
    good("listed", it.list_by_resource_group, NAME, wanted=lambda v: names(v) == ["first"])
    good("it is there", it.check_existence, NAME, "first", wanted=lambda v: v is True)
    refused(
        "a deployment is refused by policy", 400, "InvalidTemplateDeployment", it.begin_create_or_update, NAME,
        "second", Deployment(properties=body("Net4", {})),
        wanted=lambda e: any(one.code == "RequestDisallowedByPolicy" and tells_why(one) for one in e.details))
    wide = {
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [{
            "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "Py-Made",
            "location": "[deployment().location]"
        }]
    }

    def placed(kind=Deployment, of=DeploymentProperties):
        return kind(location="koreacentral", properties=of(mode="Incremental", template=wide))

    good("one of the subscription is validated", it.begin_validate_at_subscription_scope, "wide", placed(),
         wanted=lambda v: not v.error)
    good("what it would change", it.begin_what_if_at_subscription_scope, "wide",
         placed(DeploymentWhatIf, DeploymentWhatIfProperties),
         wanted=lambda v: any(one.change_type == "Create" for one in v.changes))
    good("it is made", it.begin_create_or_update_at_subscription_scope, "wide", placed(),
         wanted=lambda v: v.properties.provisioning_state == "Succeeded")
    good("listed", it.list_at_subscription_scope, wanted=lambda v: names(v) == ["wide"])
    good("shown", it.get_at_subscription_scope, "wide", wanted=lambda v: v.location == "koreacentral")
    good("it goes", it.begin_delete_at_subscription_scope, "wide")
    good("the group that it made goes", resources.resource_groups.begin_delete, "Py-Made")
    good("the deployment goes", it.begin_delete, NAME, "first")
    good("and what it made stays", resources.resources.check_existence_by_id, network("Net3"), VERSION,
         wanted=lambda v: v is True)


def deploy_objects():
    it, did = resources.deployments, resources.deployment_operations

    def placed(*asked):
        return ScopedDeployment(
            location="koreacentral", properties=DeploymentProperties(
                mode="Incremental", template={
                    "$schema": "https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#",
                    "contentVersion": "1.0.0.0", "resources": list(asked)
                }))

    rule = {"if": {"field": "type", "equals": "none"}, "then": {"effect": "audit"}}
    audit = {
        "type": "Microsoft.Authorization/policyDefinitions", "apiVersion": "2021-06-01", "name": "by-template",
        "properties": {"mode": "All", "policyRule": rule}
    }
    top = {"type": "Microsoft.Management/managementGroups", "apiVersion": "2021-04-01", "name": "py-top", "properties": {}}
    good("a management group by a template", it.begin_create_or_update_at_tenant_scope, "top", placed(top),
         wanted=lambda v: v.properties.provisioning_state == "Succeeded")
    good("what it did", did.list_at_tenant_scope, "top", wanted=lambda v: [
        one.properties.target_resource.resource_type for one in v
    ] == ["Microsoft.Management/managementGroups"])
    good("it goes", it.begin_delete_at_tenant_scope, "top")
    good("a policy for it", it.begin_create_or_update_at_management_group_scope, "py-top", "policies", placed(audit),
         wanted=lambda v: len(v.properties.output_resources) == 1)
    good("what it did", did.list_at_management_group_scope, "py-top", "policies", wanted=lambda v: len(list(v)) == 1)
    good("with the policy goes", policy.policy_definitions.delete_at_management_group, "by-template", "py-top")
    good("the deployment", it.begin_delete_at_management_group_scope, "py-top", "policies")
    good("and the group", groups.management_groups.begin_delete, "py-top")


def query():
    it = insights.policy_states
    now = datetime.datetime.now(datetime.timezone.utc)
    good("an evaluation", it.begin_trigger_subscription_evaluation, SUBSCRIPTION)
    good("one of the group", it.begin_trigger_resource_group_evaluation, SUBSCRIPTION, NAME)
    good(
        "states of the group", it.list_query_results_for_resource_group, "latest", SUBSCRIPTION, NAME,
        QueryOptions(filter="complianceState eq 'NonCompliant'", order_by="resourceId asc"),
        wanted=lambda v: len(v) == 4 and all(one.compliance_state == "NonCompliant" and one.timestamp
                                             for one in v) and v[0].resource_id.endswith("/net1"))
    good("of the subscription, some columns of two rows", it.list_query_results_for_subscription, "latest",
         SUBSCRIPTION, QueryOptions(select="resourceId,complianceState", top=2),
         wanted=lambda v: len(v) == 2 and v[0].resource_id and not v[0].policy_assignment_id)
    good(
        "counted", it.list_query_results_for_subscription, "latest", SUBSCRIPTION,
        QueryOptions(
            apply=
            "filter(complianceState eq 'NonCompliant')/groupby((policyDefinitionReferenceId), aggregate($count as n))"
        ), wanted=lambda v: sorted(
            (one.policy_definition_reference_id, one.additional_properties["n"]) for one in v) == [("owned", 1),
                                                                                                   ("seen", 3)])
    good("of a resource", it.list_query_results_for_resource, "latest", network("Net1"),
         wanted=lambda v: len(v) == 3)
    good("and why", it.list_query_results_for_resource, "latest", network("Net1"),
         QueryOptions(filter="complianceState eq 'NonCompliant'", expand="PolicyEvaluationDetails"),
         wanted=lambda v: len(v) == 1 and any(
             (one.operator, one.result) == ("NotEquals", "True") and one.path.endswith("enableDdosProtection")
             for one in v[0].policy_evaluation_details.evaluated_expressions))
    good("of the assignment", it.list_query_results_for_subscription_level_policy_assignment, "latest",
         SUBSCRIPTION, SET, wanted=lambda v: len(v) == 9)
    good("of the set", it.list_query_results_for_policy_set_definition, "latest", SUBSCRIPTION, SET,
         wanted=lambda v: len(v) == 9)
    good("of a definition", it.list_query_results_for_policy_definition, "latest", SUBSCRIPTION, "asked",
         wanted=lambda v: len(v) == 3 and all(one.compliance_state == "Unknown" for one in v))
    good("the past", it.list_query_results_for_resource, "default", network("Net2"),
         QueryOptions(from_property=now - datetime.timedelta(hours=1), to=now), wanted=lambda v: len(v) >= 3)
    refused("a filter that cannot be read", 400, "InvalidFilterInQueryString",
            it.list_query_results_for_subscription, "latest", SUBSCRIPTION,
            QueryOptions(filter="complianceState is bad"))
    good(
        "the summary of the group", it.summarize_for_resource_group, "latest", SUBSCRIPTION, NAME,
        wanted=lambda v:
        (v.value[0].results.non_compliant_resources, v.value[0].results.non_compliant_policies) == (3, 2))

    def failing(value):
        return value.value[0].results.non_compliant_resources

    good("of a resource", it.summarize_for_resource, "latest", network("Net2"),
         wanted=lambda v: v.value[0].results.non_compliant_policies == 2)
    good("of the assignment", it.summarize_for_subscription_level_policy_assignment, "latest", SUBSCRIPTION,
         SET, wanted=lambda v: failing(v) == 3)
    good("of the set", it.summarize_for_policy_set_definition, "latest", SUBSCRIPTION, SET,
         wanted=lambda v: failing(v) == 3)
    good("of a definition", it.summarize_for_policy_definition, "latest", SUBSCRIPTION, "owned",
         wanted=lambda v: failing(v) == 1)
    good(
        "of the subscription", it.summarize_for_subscription, "latest", SUBSCRIPTION,
        wanted=lambda v: len(v.value[0].policy_assignments[0].policy_definitions) == 3 and len(v.value[
            0].policy_assignments[0].policy_groups) == 2)


def query_resources():
    """The package of Resource Graph does not come with azure-cli: any request can be sent by the pipeline that all clients share."""
    client = ARMPipelineClient(BASE, policies=[BearerTokenCredentialPolicy(credential, f"{BASE}/.default")])
    graph = f"{BASE}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"

    def found(text, **options):
        wire.clear()
        return client.send_request(HttpRequest("POST", graph, json={"subscriptions": [SUBSCRIPTION], "query": text, "options": options})).json()

    where = f"Resources | where type =~ '{NETWORKS}' and resourceGroup =~ '{NAME}'"
    first = found(f"{where} | order by id asc | project name", **{"$top": 1})
    tell("a query of Resource Graph", first["count"] == 1 and first["totalRecords"] > 1 and first["resultTruncated"] == "false", first, "send_request")
    rest = found(f"{where} | order by id asc | project name", **{"$skipToken": first["$skipToken"]})
    tell("its next page", first["count"] + rest["count"] == first["totalRecords"] and "$skipToken" not in rest, rest, "send_request")
    counted = found(f"{where} | summarize count() by type")
    tell("counted", counted["data"] == [{"type": NETWORKS.lower(), "count_": first["totalRecords"]}], counted, "send_request")
    wrong = found(f"{where} | join x on id")
    tell("an operator that is not there", wrong["error"]["code"] == "BadRequest" and wrong["error"]["details"][1]["token"] == "join", wrong, "send_request")


def query_many():
    """More rows than a page holds: the rest comes by links."""
    many = "Py-Many"
    resource = {
        "type": NETWORKS, "apiVersion": VERSION, "name": "[concat('n', copyIndex())]",
        "location": "koreacentral", "tags": {"owner": "me"}, "copy": {"name": "all",
                                                                      "count": 40}, "properties": {}
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [resource]
    }
    good("a group for many", resources.resource_groups.create_or_update, many,
         ResourceGroup(location="koreacentral"))
    good("many are made", resources.deployments.begin_create_or_update, many, "many",
         Deployment(properties=DeploymentProperties(mode="Incremental", template=template)),
         wanted=lambda v: len(v.properties.output_resources) == 40)
    ask(insights.policy_states.begin_trigger_resource_group_evaluation, SUBSCRIPTION, many)
    good(
        "states, page by page", insights.policy_states.list_query_results_for_resource_group, "latest",
        SUBSCRIPTION, many, wanted=lambda v: len({(one.resource_id, one.policy_definition_reference_id)
                                                  for one in v}) == 120 and len(wire) == 2)
    good("they go", resources.resource_groups.begin_delete, many)


def standards():
    good("locations", security.locations.list, wanted=lambda v: len(v) > 0)
    good("standards", security.regulatory_compliance_standards.list,
         wanted=lambda v: names(v) == [SET] and v[0].state == "Failed")
    good("a standard", security.regulatory_compliance_standards.get, SET,
         wanted=lambda v: v.failed_controls == 1)
    good("its controls", security.regulatory_compliance_controls.list, SET,
         wanted=lambda v: names(v) == ["One", "Two"])
    good("a control", security.regulatory_compliance_controls.get, SET, "One",
         wanted=lambda v: v.state == "Failed" and v.failed_assessments == 2)
    them = good("its assessments", security.regulatory_compliance_assessments.list, SET, "One",
                wanted=lambda v: len(v) == 2 and all(one.state == "Failed" for one in v))
    good("an assessment", security.regulatory_compliance_assessments.get, SET, "One",
         them[0].name if them else "none", wanted=lambda v: v.failed_resources > 0)


def check_states(name, resource, wanted):
    ask(insights.policy_states.begin_trigger_resource_group_evaluation, SUBSCRIPTION, NAME)
    found = {
        one.policy_definition_reference_id: one.compliance_state
        for one in ask(insights.policy_states.list_query_results_for_resource, "latest", resource)
    }
    wire.clear()
    tell(name, found == wanted, found, "")


def exempt():
    it = policy.policy_exemptions
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    good(
        "an exemption", it.create_or_update, network("Net2"), "excused",
        PolicyExemption(policy_assignment_id=ASSIGNMENT, policy_definition_reference_ids=["owned", "seen"],
                        exemption_category="Waiver", expires_on=tomorrow, display_name="Excused"),
        wanted=lambda v: v.exemption_category == "Waiver" and v.expires_on)
    good("exemptions", it.list, wanted=lambda v: names(v) == ["excused"])
    good("those of the group", it.list_for_resource_group, NAME, wanted=lambda v: names(v) == ["excused"])
    good("shown", it.get, network("Net2"), "excused",
         wanted=lambda v: len(v.policy_definition_reference_ids) == 2)
    check_states("then its states are so", network("Net2"),
                 {"asked": "Unknown", "owned": "Exempt", "seen": "Exempt"})
    good("the exemption ends", it.delete, network("Net2"), "excused")


def attest():
    it = insights.attestations
    good(
        "an attestation", it.begin_create_or_update_at_resource, network("Net1"), "looked",
        Attestation(policy_assignment_id=ASSIGNMENT, policy_definition_reference_id="asked",
                    compliance_state="Compliant", owner="team", comments="Looked at",
                    evidence=[AttestationEvidence(description="a picture", source_uri="https://example.org/1")],
                    assessment_date=datetime.datetime.now(datetime.timezone.utc)),
        wanted=lambda v: v.provisioning_state == "Succeeded" and v.last_compliance_state_change_at)
    good("shown", it.get_at_resource, network("Net1"), "looked", wanted=lambda v: len(v.evidence) == 1)
    good("those of the subscription", it.list_for_subscription, wanted=lambda v: names(v) == ["looked"])
    good("those of the resource", it.list_for_resource, network("Net1"),
         wanted=lambda v: names(v) == ["looked"])
    check_states("then its states are so", network("Net1"),
                 {"asked": "Compliant", "owned": "Compliant", "seen": "NonCompliant"})
    good(
        "an attestation of the group", it.begin_create_or_update_at_resource_group, NAME, "all",
        Attestation(policy_assignment_id=ASSIGNMENT, policy_definition_reference_id="asked",
                    compliance_state="NonCompliant"))
    good("those of the group", it.list_for_resource_group, NAME, wanted=lambda v: names(v) == ["all", "looked"])
    good("it goes", it.delete_at_resource_group, NAME, "all")
    good("and the other", it.delete_at_resource, network("Net1"), "looked")


def remediate():
    """What stands there already is mended by a remediation: it runs in the background, and tells what it did."""
    it = insights.remediations
    marked = f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/marked"
    rule = {"if": {"allOf": [{"field": "type", "equals": NETWORKS}, {"field": "tags['marked']", "notEquals": "yes"}]},
            "then": {"effect": "modify", "details": {
                "roleDefinitionIds": [CONTRIBUTOR],
                "operations": [{"operation": "addOrReplace", "field": "tags['marked']", "value": "yes"}]}}}
    good("what the other policy wants", resources.tags.begin_create_or_update_at_scope, network("Net2"),
         TagsResource(properties=Tags(tags={"owner": "me"})))
    good("a policy that changes", policy.policy_definitions.create_or_update, "marked",
         PolicyDefinition(mode="Indexed", policy_rule=rule))
    made = good("assigned", policy.policy_assignments.create, GROUP, "marked",
                PolicyAssignment(policy_definition_id=definition("marked"), location="koreacentral",
                                 identity=Identity(type="SystemAssigned")))
    good("its identity is given the role", authorization.role_assignments.create, GROUP, "2b0a7a3c-5a57-4b7e-9d3e-0d5a3f1c2b04",
         RoleAssignmentCreateParameters(role_definition_id=CONTRIBUTOR, principal_id=made.identity.principal_id,
                                        principal_type="ServicePrincipal"))
    ask(insights.policy_states.begin_trigger_resource_group_evaluation, SUBSCRIPTION, NAME)
    refused("a remediation that is not there", 404, "RemediationNotFound", it.get_at_resource_group,
            NAME, "none")
    good("a remediation", it.create_or_update_at_resource_group, NAME, "fix",
         Remediation(policy_assignment_id=marked, resource_discovery_mode="ExistingNonCompliant", resource_count=10,
                     parallel_deployments=2, failure_threshold={"percentage": 0.5}),
         wanted=lambda v: v.provisioning_state and v.created_on and v.policy_assignment_id.lower() == marked.lower())
    for _ in range(1800):
        if it.get_at_resource_group(NAME, "fix").provisioning_state in ("Succeeded", "Failed", "Canceled"):
            break
        time.sleep(0.1)
    good("it succeeds", it.get_at_resource_group, NAME, "fix",
         wanted=lambda v: (v.provisioning_state, v.deployment_status.total_deployments,
                           v.deployment_status.successful_deployments) == ("Succeeded", 3, 3))
    good("what it did", it.list_deployments_at_resource_group, NAME, "fix",
         wanted=lambda v: len(v) == 3 and all(one.status == "Succeeded" and one.remediated_resource_id for one in v))
    good("a resource is mended", resources.resources.get_by_id, network("Net2"), VERSION,
         wanted=lambda v: v.tags["marked"] == "yes")
    tracked = insights.policy_tracked_resources
    good("nothing was deployed", tracked.list_query_results_for_subscription, "default", wanted=lambda v: v == [])
    good("those of the subscription", it.list_for_subscription, wanted=lambda v: names(v) == ["fix"])
    good("those of the group", it.list_for_resource_group, NAME, wanted=lambda v: names(v) == ["fix"])
    refused("what has ended is not cancelled", 409, "Conflict", it.cancel_at_resource_group, NAME, "fix")
    good("it goes", it.delete_at_resource_group, NAME, "fix", wanted=lambda v: v.name == "fix")
    good("unassigned", policy.policy_assignments.delete, GROUP, "marked")
    good("the policy goes", policy.policy_definitions.delete, "marked")


def lock():
    it = locking.management_locks
    good("a lock", it.create_or_update_at_resource_group_level, NAME, "keep",
         ManagementLockObject(level="CanNotDelete", notes="why"), wanted=lambda v: v.level == "CanNotDelete")
    good("shown", it.get_at_resource_group_level, NAME, "keep", wanted=lambda v: v.notes == "why")
    good("listed", it.list_at_resource_group_level, NAME, wanted=lambda v: names(v) == ["keep"])
    refused("what is locked stays", 409, "ScopeLocked", resources.resources.begin_delete_by_id, network("Net3"),
            VERSION)
    good("the lock goes", it.delete_at_resource_group_level, NAME, "keep")


def give_roles(myself):
    defined, given = authorization.role_definitions, authorization.role_assignments
    role, one, other = (f"2b0a7a3c-5a57-4b7e-9d3e-0d5a3f1c2b0{i}" for i in (1, 2, 3))
    who = RoleAssignmentCreateParameters(
        role_definition_id=f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        principal_id=myself, principal_type="ServicePrincipal")
    good(
        "a role", defined.create_or_update, SCOPE, role,
        RoleDefinition(role_name="Watchers", description="They look", role_type="CustomRole",
                       assignable_scopes=[SCOPE], permissions=[{"actions": ["Microsoft.Network/*/read"]}]),
        wanted=lambda v: v.role_name == "Watchers")
    good("shown", defined.get, SCOPE, role,
         wanted=lambda v: v.permissions[0].actions == ["Microsoft.Network/*/read"])
    good("roles by name", defined.list, SCOPE, filter="roleName eq 'Contributor'",
         wanted=lambda v: names(v) == ["b24988ac-6180-42a0-ab88-20f7382dd24c"])
    good("it is given", given.create, GROUP, one, who, wanted=lambda v: v.principal_id == myself)
    refused("twice", 409, "RoleAssignmentExists", given.create, GROUP, other, who)
    good("shown", given.get, GROUP, one, wanted=lambda v: v.scope.lower() == GROUP.lower())
    good("given to him", given.list_for_subscription, filter=f"principalId eq '{myself}'",
         wanted=lambda v: one in names(v))
    good("at the group", given.list_for_resource_group, NAME, filter="atScope()",
         wanted=lambda v: one in names(v))
    good("at a scope", given.list_for_scope, GROUP, filter=f"assignedTo('{myself}')",
         wanted=lambda v: one in names(v))
    good("taken away", given.delete, GROUP, one, wanted=lambda v: v.name == one)
    good("the role goes", defined.delete, SCOPE, role, wanted=lambda v: v.name == role)


def manage_from_above():
    """What is defined and assigned above holds below, and is asked about there."""
    above = "/providers/Microsoft.Management/managementGroups/Py-Top"
    at = f"{above}/providers/Microsoft.Authorization"
    defined, sets = policy.policy_definitions, policy.policy_set_definitions
    assigned, states = policy.policy_assignments, insights.policy_states
    effect = {
        "effect": "modify", "details": {
            "roleDefinitionIds": [CONTRIBUTOR], "operations": [{"operation": "addOrReplace", "field": "tags['from']", "value": "above"}]
        }
    }
    rule = {
        "if": {
            "allOf": [{"field": "type", "equals": NETWORKS}, {"field": "tags['from']", "notEquals": "above"}]
        }, "then": effect
    }
    body = GenericResource(location="koreacentral", tags={"owner": "me"}, properties={})
    good("a definition above", defined.create_or_update_at_management_group, "above", "Py-Top",
         PolicyDefinition(mode="Indexed", policy_rule=rule),
         wanted=lambda v: v.id == f"{at}/policyDefinitions/above")
    good("shown", defined.get_at_management_group, "above", "Py-Top")
    good("listed", defined.list_by_management_group, "Py-Top", filter="policyType eq 'Custom'",
         wanted=lambda v: names(v) == ["above"])
    good(
        "an initiative above", sets.create_or_update_at_management_group, "above", "Py-Top",
        PolicySetDefinition(policy_definitions=[
            PolicyDefinitionReference(policy_definition_id=f"{at}/policyDefinitions/above")
        ]), wanted=lambda v: v.policy_definitions[0].policy_definition_reference_id)
    good("shown", sets.get_at_management_group, "above", "Py-Top")
    good("listed", sets.list_by_management_group, "Py-Top", filter="atExactScope()",
         wanted=lambda v: names(v) == ["above"])
    good(
        "assigned by id", assigned.create_by_id, f"{at}/policyAssignments/above",
        PolicyAssignment(policy_definition_id=f"{at}/policySetDefinitions/above", location="koreacentral",
                         identity=Identity(type="SystemAssigned")), wanted=lambda v: v.scope == above)
    good("assignments above", assigned.list_for_management_group, "Py-Top", filter="atScope()",
         wanted=lambda v: names(v) == ["above"])
    good("a resource is changed by it", resources.resources.begin_create_or_update_by_id, network("Net4"),
         VERSION, body, wanted=lambda v: v.tags == {"owner": "me", "from": "above"})
    ask(states.begin_trigger_subscription_evaluation, SUBSCRIPTION)
    good(
        "states above", states.list_query_results_for_management_group, "latest", "Py-Top",
        QueryOptions(filter="policyDefinitionAction eq 'modify'"),
        wanted=lambda v: sorted(one.compliance_state for one in v) == ["Compliant"] + ["NonCompliant"] * 4 and
        "py-top" in v[0].management_group_ids.lower())
    good("the summary above", states.summarize_for_management_group, "latest", "Py-Top",
         wanted=lambda v: len(v.value[0].policy_assignments) == 2)
    good(
        "not enforced", assigned.create_by_id, f"{at}/policyAssignments/above",
        PolicyAssignment(policy_definition_id=f"{at}/policySetDefinitions/above",
                         enforcement_mode="DoNotEnforce"),
        wanted=lambda v: v.enforcement_mode == "DoNotEnforce")
    good("then a resource is not changed", resources.resources.begin_create_or_update_by_id, network("Net4"),
         VERSION, body, wanted=lambda v: v.tags == {"owner": "me"})
    good("unassigned by id", assigned.delete_by_id, f"{at}/policyAssignments/above",
         wanted=lambda v: v.name == "above")
    good("the initiative goes", sets.delete_at_management_group, "above", "Py-Top")
    good("the definition goes", defined.delete_at_management_group, "above", "Py-Top")


def management_groups():
    it, below = groups.management_groups, groups.management_group_subscriptions
    good("a management group", it.begin_create_or_update, "Py-Top",
         CreateManagementGroupRequest(display_name="The top"))
    good("a subscription moves", below.create, "Py-Top", SUBSCRIPTION)
    good("the tree", it.get, "Py-Top", expand="children", recurse=True,
         wanted=lambda v: v.children[0].name == SUBSCRIPTION)
    good("listed", it.list, wanted=lambda v: "Py-Top" in names(v))
    manage_from_above()
    good("and back", below.delete, "Py-Top", SUBSCRIPTION)
    good("gone", it.begin_delete, "Py-Top")


def end():
    good("the assignment goes", policy.policy_assignments.delete, SCOPE, SET, wanted=lambda v: v.name == SET)
    good("twice", policy.policy_assignments.delete, SCOPE, SET)
    good("the set goes", policy.policy_set_definitions.delete, SET)
    for name in ("owned", "seen", "asked"):
        good(f"{name} goes", policy.policy_definitions.delete, name)
    good("a resource goes", resources.resources.begin_delete_by_id, network("Net3"), VERSION)
    good("twice", resources.resources.begin_delete_by_id, network("Net3"), VERSION)
    for name in (NAME, "Py-Other"):
        good(f"{name} goes", resources.resource_groups.begin_delete, name)
    good("nothing is left", resources.resources.list, wanted=lambda v: v == [])


oid = sign_in()
for story in (make_groups, make_resources, tag, make_policies, assign, be_refused, ask_before, deploy, deploy_objects, query,
              query_resources, query_many, standards, exempt, attest, remediate, lock):
    story()
give_roles(oid)
management_groups()
end()
