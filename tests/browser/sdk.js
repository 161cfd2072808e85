// SPDX-License-Identifier: Apache-2.0
// The Azure SDK for JavaScript performs a whole story: sdk.js MAPAE BASE MADE, where MADE is what `mapae init`
// said, as JSON. Each step is a line of JSON on standard output, for tests/server/test_sdk.py:
// {name, passed, detail, call, requests: [[method, url, status, code]]}
import process from 'node:process';
import { ClientSecretCredential } from '@azure/identity';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { ManagementLockClient } from '@azure/arm-locks';
import { ManagementGroupsAPI } from '@azure/arm-managementgroups';
import { PolicyClient } from '@azure/arm-policy';
import { PolicyInsightsClient } from '@azure/arm-policyinsights';
import { ResourceManagementClient } from '@azure/arm-resources';
import { SubscriptionClient } from '@azure/arm-resources-subscriptions';
import { SecurityCenter } from '@azure/arm-security';
import { PolicyClient as PolicyClient5 } from 'azure-arm-policy-5'; // 6 has no exemptions

const [, base, said] = process.argv.slice(2);
const made = JSON.parse(said);
const subscription = made.subscriptionId;
const scope = `/subscriptions/${subscription}`;
const GROUP = 'Sdk-Group';
const group = `${scope}/resourceGroups/${GROUP}`;
const NETWORKS = 'Microsoft.Network/virtualNetworks';
const network = (name) => `${group}/providers/${NETWORKS}/${name}`;
const VERSION = '2023-09-01';
const CONTRIBUTOR = '/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c';

// ---- what goes over the wire ----

let myself = ''; // the program that signs in
let requests = [];
const watcher = {
  name: 'watcher',
  async sendRequest(request, next) {
    const response = await next(request);
    let code = '';
    if (response.status >= 400) {
      try {
        const { error } = JSON.parse(response.bodyAsText);
        code = error.code ?? error;
      } catch { /* a HEAD has no body */ }
    }
    requests.push([request.method, request.url, response.status, code]);
    return response;
  },
};

const additionalPolicies = [{ policy: watcher, position: 'perRetry' }];
const signIn = { authorityHost: base, disableInstanceDiscovery: true, additionalPolicies };
const credential = new ClientSecretCredential(made.tenantId, made.clientId, made.clientSecret, signIn);
const options = { endpoint: base, credentialScopes: [`${base}/.default`], additionalPolicies };
const clients = {
  authorization: new AuthorizationManagementClient(credential, subscription, options),
  exemptions: new PolicyClient5(credential, subscription, options),
  groups: new ManagementGroupsAPI(credential, options),
  locks: new ManagementLockClient(credential, subscription, options),
  policy: new PolicyClient(credential, subscription, options),
  policyInsights: new PolicyInsightsClient(credential, subscription, options),
  resources: new ResourceManagementClient(credential, subscription, options),
  security: new SecurityCenter(credential, subscription, options),
  subscriptions: new SubscriptionClient(credential, options),
};

// ---- steps ----

const tell = (step) => console.log(JSON.stringify(step));
const text = (value) => (value instanceof Error ? String(value.stack) : JSON.stringify(value) ?? 'undefined');
const short = (value) => text(value).slice(0, 3000);

async function collect(result) {
  if (typeof result?.[Symbol.asyncIterator] !== 'function') return result;
  const all = [];
  for await (const one of result) all.push(one);
  return all;
}

async function ask(path, args) {
  const words = path.split('.');
  const owner = words.slice(0, -1).reduce((found, word) => found[word], clients);
  return collect(await owner[words.at(-1)](...args));
}

/** Must succeed, and what comes must be as wanted. */
async function good(name, path, args, wanted = () => true) {
  requests = [];
  let value;
  let passed = false;
  try {
    value = await ask(path, args);
    passed = Boolean(wanted(value));
  } catch (error) {
    value = value === undefined ? error : value;
  }
  tell({ name, passed, detail: passed ? '' : `${path}: ${short(value)}`,
    call: path.split('.').slice(1).join('.'), requests });
  return value instanceof Error ? undefined : value;
}

/** Must be refused with this status and code. */
async function refused(name, status, code, path, args, wanted = () => true) {
  requests = [];
  let detail = `${path}: nobody refused it`;
  let passed = false;
  try {
    await ask(path, args);
  } catch (error) {
    const found = error.details?.error ?? error.details ?? {};
    passed = error.statusCode === status && error.code === code && Boolean(wanted(found));
    detail = passed ? '' : `${path}: ${error.statusCode} ${error.code} ${short(error.details)} ${short(error)}`;
  }
  tell({ name, passed, detail, call: path.split('.').slice(1).join('.'), requests });
}

const names = (list) => list.map((one) => one.name).sort().join();
const pages = () => requests.filter(([method]) => method !== 'HEAD').length;

// ---- the story ----

async function signsIn() {
  requests = [];
  const token = await credential.getToken(`${base}/.default`);
  tell({ name: 'sign-in', passed: token.token.split('.').length === 3, detail: '',
    call: 'ClientSecretCredential.getToken', requests });
  myself = JSON.parse(Buffer.from(token.token.split('.')[1], 'base64url')).oid;
  requests = [];
  const wrong = new ClientSecretCredential(made.tenantId, made.clientId, 'wrong', signIn);
  const said = await wrong.getToken(`${base}/.default`).then(() => 'a token', (error) => error.message);
  tell({ name: 'a wrong secret is refused', passed: said.includes('AADSTS7000215'), detail: said,
    call: 'ClientSecretCredential.getToken', requests });
  await good('subscriptions', 'subscriptions.subscriptions.list', [],
    (v) => v.some((one) => one.subscriptionId === subscription && one.state === 'Enabled'));
  await good('the subscription', 'subscriptions.subscriptions.get', [subscription],
    (v) => v.subscriptionId === subscription);
  await good('tenants', 'subscriptions.tenants.list', [], (v) => v[0].tenantId === made.tenantId);
  await good('locations', 'subscriptions.subscriptions.listLocations', [subscription],
    (v) => v.some((one) => one.name === 'koreacentral'));
  await good('providers', 'resources.providers.list', [], (v) => v.length > 40);
  await good('a provider', 'resources.providers.get', ['Microsoft.Network'],
    (v) => v.resourceTypes.some((one) => one.resourceType === 'virtualNetworks'));
  await good('registering', 'resources.providers.register', ['Microsoft.Network'],
    (v) => v.registrationState === 'Registered');
}

async function makesGroups() {
  const it = 'resources.resourceGroups';
  const made = await good('a group', `${it}.createOrUpdate`,
    [GROUP, { location: 'koreacentral', tags: { team: 'a' } }],
    (v) => v.properties.provisioningState === 'Succeeded');
  if (!made) throw new Error('no group: the story ends');
  await good('another group', `${it}.createOrUpdate`, ['Sdk-Other', { location: 'koreacentral' }]);
  await good('shown', `${it}.get`, [GROUP.toLowerCase()], (v) => v.name === GROUP);
  await good('changed', `${it}.update`, [GROUP, { tags: { team: 'b' } }], (v) => v.tags.team === 'b');
  await good('it is there', `${it}.checkExistence`, [GROUP], (v) => v.body === true);
  await good('another is not', `${it}.checkExistence`, ['none'], (v) => v.body === false);
  await good('groups, a page of one each', `${it}.list`, [{ top: 1 }],
    (v) => names(v) === 'Sdk-Group,Sdk-Other' && pages() >= 2);
  await good('groups with a tag', `${it}.list`, [{ filter: "tagName eq 'team' and tagValue eq 'b'" }],
    (v) => names(v) === GROUP);
  await refused('a group that is not there', 404, 'ResourceGroupNotFound', `${it}.get`, ['none']);
}

async function makesResources() {
  const it = 'resources.resources';
  const typed = (name) => [GROUP, 'Microsoft.Network', '', 'virtualNetworks', name, VERSION];
  const body = { location: 'koreacentral', tags: { owner: 'me' },
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } } };
  await good('a resource', `${it}.beginCreateOrUpdateAndWait`, [...typed('Net1'), body],
    (v) => v.name === 'Net1' && v.properties.addressSpace);
  await good('by id', `${it}.beginCreateOrUpdateByIdAndWait`, [network('Net2'), VERSION, { ...body, tags: {} }],
    (v) => v.type === NETWORKS);
  await good('a child', `${it}.beginCreateOrUpdateAndWait`,
    [GROUP, 'Microsoft.Network', 'virtualNetworks/Net1', 'subnets',
      'a', VERSION, { properties: { addressPrefix: '10.0.1.0/24' } }], (v) => v.name === 'a');
  await good('shown', `${it}.get`, typed('net1'), (v) => v.name === 'Net1' && v.tags.owner === 'me');
  await good('shown by id', `${it}.getById`, [network('Net1'), VERSION],
    (v) => v.properties.addressSpace.addressPrefixes[0] === '10.0.0.0/16');
  await good('changed', `${it}.beginUpdateAndWait`, [...typed('Net1'), { tags: { owner: 'you', more: 'x' } }],
    (v) => v.tags.more === 'x');
  await good('changed by id', `${it}.beginUpdateByIdAndWait`,
    [network('Net1'), VERSION, { tags: { owner: 'me' } }], (v) => v.tags.owner === 'me');
  await good('it is there', `${it}.checkExistence`, typed('Net1'), (v) => v.body === true);
  await good('another is not', `${it}.checkExistenceById`, [network('none'), VERSION], (v) => v.body === false);
  await good('resources, a page of one each', `${it}.list`, [{ top: 1 }],
    (v) => names(v) === 'Net1,Net2' && pages() >= 2);
  await good('resources of the group and type', `${it}.listByResourceGroup`,
    [GROUP, { filter: `resourceType eq '${NETWORKS}'`, expand: 'createdTime,changedTime' }],
    (v) => names(v) === 'Net1,Net2' && v[0].createdTime instanceof Date);
  await good('resources with a tag', `${it}.list`, [{ filter: "tagName eq 'owner' and tagValue eq 'me'" }],
    (v) => names(v) === 'Net1');
  await refused('a resource that is not there', 404, 'ResourceNotFound', `${it}.getById`,
    [network('none'), VERSION]);
  await refused('a resource in a group that is not there', 404, 'ResourceGroupNotFound',
    `${it}.beginCreateOrUpdateByIdAndWait`,
    [network('x').replace(GROUP, 'none'), VERSION, body]);
}

async function tags() {
  const it = 'resources.tagsOperations';
  await good('tags', `${it}.beginCreateOrUpdateAtScopeAndWait`,
    [network('Net2'), { properties: { tags: { a: '1' } } }], (v) => v.properties.tags.a === '1');
  await good('merged', `${it}.beginUpdateAtScopeAndWait`,
    [network('Net2'), { operation: 'Merge', properties: { tags: { b: '2' } } }],
    (v) => v.properties.tags.a === '1' && v.properties.tags.b === '2');
  await good('shown', `${it}.getAtScope`, [network('Net2')], (v) => Object.keys(v.properties.tags).length === 2);
  await good('gone', `${it}.beginDeleteAtScopeAndWait`, [network('Net2')]);
}

const SET = 'sdk-baseline';
const assignment = `${scope}/providers/Microsoft.Authorization/policyAssignments/${SET}`;
const definition = (name) => `${scope}/providers/Microsoft.Authorization/policyDefinitions/${name}`;
const set = `${scope}/providers/Microsoft.Authorization/policySetDefinitions/${SET}`;

async function makesPolicies() {
  const isNetwork = { field: 'type', equals: NETWORKS };
  const define = (name, effect, condition, more = {}) => good(`the definition ${name}`,
    'policy.policyDefinitions.createOrUpdate', [name, {
    policyType: 'Custom', mode: 'Indexed', displayName: `SDK: ${name}`, metadata: { category: 'Tests' }, ...more,
    policyRule: { if: condition ? { allOf: [isNetwork, condition] } : isNetwork, then: effect },
  }], (v) => v.name === name && v.policyRule.then.effect === effect.effect && v.metadata.createdOn);
  await define('owned', { effect: 'deny' }, { field: "[concat('tags[', parameters('tag'), ']')]", exists: 'false' },
    { parameters: { tag: { type: 'String' } } });
  await define('seen', { effect: 'audit' }, { field: `${NETWORKS}/enableDdosProtection`, notEquals: true });
  await define('asked', { effect: 'manual', details: { defaultState: 'Unknown' } });
  await good('shown', 'policy.policyDefinitions.get', ['owned'], (v) => v.parameters.tag.type === 'String');
  await good('custom ones', 'policy.policyDefinitions.list', [{ filter: "policyType eq 'Custom'", top: 1 }],
    (v) => names(v) === 'asked,owned,seen' && pages() >= 3);
  await good('built-in ones', 'policy.policyDefinitions.listBuiltIn', [],
    (v) => v.every((one) => one.policyType === 'BuiltIn'));
  await good('versions', 'policy.policyDefinitionVersions.list', ['owned'], (v) => v.length === 1);
  await refused('a wrong rule', 400, 'InvalidPolicyRule', 'policy.policyDefinitions.createOrUpdate',
    ['wrong', { policyRule: { if: { field: 'type', equal: 'x' }, then: { effect: 'deny' } } }]);
  await refused('a definition that is not there', 404, 'PolicyDefinitionNotFound', 'policy.policyDefinitions.get',
    ['none']);
  await good('a set', 'policy.policySetDefinitions.createOrUpdate', [SET, {
    displayName: 'SDK baseline', metadata: { category: 'Regulatory Compliance' },
    parameters: { tag: { type: 'String', defaultValue: 'owner' } },
    policyDefinitionGroups: [{ name: 'One', displayName: 'The first' }, { name: 'Two' }],
    policyDefinitions: [
      { policyDefinitionId: definition('owned'), policyDefinitionReferenceId: 'owned',
        parameters: { tag: { value: "[parameters('tag')]" } }, groupNames: ['One'] },
      { policyDefinitionId: definition('seen'), policyDefinitionReferenceId: 'seen', groupNames: ['One'] },
      { policyDefinitionId: definition('asked'), policyDefinitionReferenceId: 'asked', groupNames: ['Two'] },
    ],
  }], (v) => v.policyDefinitions.length === 3);
  await good('shown', 'policy.policySetDefinitions.get', [SET], (v) => v.policyDefinitionGroups.length === 2);
  await good('custom sets', 'policy.policySetDefinitions.list', [{ filter: "policyType eq 'Custom'" }],
    (v) => names(v) === SET);
  await good('built-in sets', 'policy.policySetDefinitions.listBuiltIn', [],
    (v) => v.every((one) => one.policyType === 'BuiltIn'));
}

/** An assignment keeps to the version that it asked for; the next one comes when it is wanted. */
async function keepsVersions() {
  const it = 'policy.policyDefinitionVersions';
  const rule = (size) => ({ mode: 'All', policyRule: {
    if: { allOf: [{ field: 'type', equals: 'Microsoft.Compute/disks' },
      { field: 'Microsoft.Compute/disks/diskSizeGB', greater: size }] }, then: { effect: 'audit' } } });
  const asked = { expand: 'LatestDefinitionVersion, EffectiveDefinitionVersion' };
  await good('a definition with a version', 'policy.policyDefinitions.createOrUpdate',
    ['sized', { ...rule(10), version: '1.0.0' }], (v) => v.version === '1.0.0');
  await good('another version', `${it}.createOrUpdate`, ['sized', '2.0.0', { ...rule(100), version: '2.0.0' }],
    (v) => v.name === '2.0.0' && v.version === '2.0.0');
  await good('a version in between', `${it}.createOrUpdate`, ['sized', '1.1.0', rule(20)],
    (v) => v.name === '1.1.0');
  await good('its versions', `${it}.list`, ['sized'], (v) => names(v) === '1.0.0,1.1.0,2.0.0');
  await good('the definition is the newest', 'policy.policyDefinitions.get', ['sized'],
    (v) => v.version === '2.0.0' && v.versions.join() === '2.0.0,1.1.0,1.0.0');
  await good('one of them', `${it}.get`, ['sized', '1.0.0'], (v) => v.policyRule.if.allOf[1].greater === 10);
  await good('all versions', `${it}.listAll`, [], (v) => v.value.some((one) => one.id.endsWith('/sized/versions/1.1.0')));
  await good('those of built-in ones', `${it}.listAllBuiltins`, [],
    (v) => v.value.length > 0 && v.value.every((one) => one.policyType === 'BuiltIn'));
  await good('an assignment of a version', 'policy.policyAssignments.create',
    [scope, 'sized', { policyDefinitionId: definition('sized'), definitionVersion: '1.*.*' }],
    (v) => v.definitionVersion === '1.*.*');
  await good('and which that is', 'policy.policyAssignments.get', [scope, 'sized', asked],
    (v) => v.effectiveDefinitionVersion === '1.1.0' && v.latestDefinitionVersion === '2.0.0');
  await refused('a version that is not there', 404, 'PolicyDefinitionVersionNotFound', 'policy.policyAssignments.create',
    [scope, 'sized', { policyDefinitionId: definition('sized'), definitionVersion: '3.*.*' }]);
  await refused('a version that is in use stays', 409, 'PolicyDefinitionVersionInUse', `${it}.delete`, ['sized', '1.1.0']);
  await good('the assignment goes', 'policy.policyAssignments.delete', [scope, 'sized']);
  await good('the version goes', `${it}.delete`, ['sized', '1.1.0']);
  await good('all of it goes', 'policy.policyDefinitions.delete', ['sized']);
}

async function assigns() {
  const it = 'policy.policyAssignments';
  await refused('a set that is not there', 404, 'PolicySetDefinitionNotFound', `${it}.create`,
    [scope, 'none', { policyDefinitionId: `${set}-none` }]);
  await refused('an assignment without a parameter', 400, 'MissingPolicyParameter', `${it}.create`,
    [group, 'none', { policyDefinitionId: definition('owned') }]);
  await good('an assignment', `${it}.create`, [scope, SET, {
    displayName: 'SDK baseline', policyDefinitionId: set, parameters: { tag: { value: 'owner' } },
    notScopes: [`${scope}/resourceGroups/Sdk-Other`],
    nonComplianceMessages: [{ message: 'Networks have an owner', policyDefinitionReferenceId: 'owned' }],
  }], (v) => v.id === assignment && v.scope === scope && v.enforcementMode === 'Default');
  await good('shown', `${it}.get`, [scope, SET], (v) => v.parameters.tag.value === 'owner');
  await good('shown by id', `${it}.getById`, [assignment], (v) => v.name === SET);
  await good('with an identity', `${it}.update`,
    [scope, SET, { location: 'koreacentral', identity: { type: 'SystemAssigned' } }], (v) => v.identity.principalId);
  await good('assignments', `${it}.list`, [], (v) => names(v) === SET);
  await good('assignments of the group', `${it}.listForResourceGroup`, [GROUP], (v) => names(v) === SET);
  await good('assignments of the definition', `${it}.list`, [{ filter: `policyDefinitionId eq '${set}'` }],
    (v) => names(v) === SET);
}

/** A refusal names the policy, the assignment, and every expression with what was found and what was wanted. */
function tellsWhy(error) {
  const info = error.additionalInfo?.[0]?.info;
  const found = info?.evaluationDetails?.evaluatedExpressions ?? [];
  return error.message.includes('Networks have an owner') && error.additionalInfo[0].type === 'PolicyViolation'
    && info.policyDefinitionEffect === 'deny'
    && info.policyAssignmentId.toLowerCase() === assignment.toLowerCase()
    && info.policyDefinitionReferenceId === 'owned' && info.policySetDefinitionName === SET
    && found.some((one) => one.result === 'True' && one.expressionKind === 'Field' && one.path === 'type'
      && one.operator === 'Equals' && one.targetValue === NETWORKS)
    && found.some((one) => one.path.includes('tags') && one.operator === 'Exists');
}

async function isRefused() {
  const body = { location: 'koreacentral', properties: {} };
  await refused('a resource is refused by policy', 403, 'RequestDisallowedByPolicy',
    'resources.resources.beginCreateOrUpdateByIdAndWait',
    [network('No'), VERSION, body], (error) => error.target === 'No' && tellsWhy(error));
  await good('and is not there', 'resources.resources.checkExistenceById', [network('No'), VERSION],
    (v) => v.body === false);
  await refused('also when it would come to be so by a change', 403, 'RequestDisallowedByPolicy',
    'resources.tagsOperations.beginCreateOrUpdateAtScopeAndWait',
    [network('Net1'), { properties: { tags: { none: 'x' } } }], tellsWhy);
  await good('what is excluded is not refused', 'resources.resources.beginCreateOrUpdateByIdAndWait',
    [network('Free').replace(GROUP, 'Sdk-Other'), VERSION, body]);
}

/** What would policy say, before the resource is sent? */
async function asksBefore() {
  const it = 'policyInsights.policyRestrictions';
  const details = { resourceContent: { type: NETWORKS, location: 'koreacentral' }, apiVersion: VERSION };
  const isDenied = (v) => v.contentEvaluationResult.policyEvaluations.some((one) => one.evaluationResult === 'NonCompliant'
    && one.policyInfo.policyDefinitionReferenceId === 'owned' && one.effectDetails.policyEffect.toLowerCase() === 'deny');
  await good('what would be refused', `${it}.checkAtResourceGroupScope`, [GROUP, { resourceDetails: details }], isDenied);
  await good('in the subscription', `${it}.checkAtSubscriptionScope`,
    [{ resourceDetails: { ...details, scope: group }, pendingFields: [{ field: "tags['owner']" }] }],
    (v) => v.fieldRestrictions.some((one) => one.restrictions[0].result === 'Required'
      && one.restrictions[0].policy.policyAssignmentId.toLowerCase() === assignment.toLowerCase()));
  await good('with the tag nothing would', `${it}.checkAtResourceGroupScope`,
    [GROUP, { resourceDetails: { ...details, resourceContent: { ...details.resourceContent, tags: { owner: 'me' } } } }],
    (v) => !isDenied(v));
}

async function deploys() {
  const it = 'resources.deployments';
  const template = (more) => ({
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: { name: { type: 'string' } },
    resources: [{ type: NETWORKS, apiVersion: VERSION, name: "[parameters('name')]",
      location: "[resourceGroup().location]", properties: {}, ...more }],
    outputs: { id: { type: 'string', value: `[resourceId('${NETWORKS}', parameters('name'))]` } },
  });
  const ask = (name, more) => ({ properties: { mode: 'Incremental',
    template: template(more), parameters: { name: { value: name } } } });
  const owned = ask('Net3', { tags: { owner: 'me' } });
  await good('a deployment is validated', `${it}.beginValidateAndWait`, [GROUP, 'first', owned],
    (v) => v.properties.provisioningState === 'Succeeded' && !v.error);
  await good('what it would change', `${it}.beginWhatIfAndWait`, [GROUP, 'first', owned],
    (v) => v.changes.some((one) => one.changeType === 'Create' && one.resourceId.endsWith('/Net3')));
  await good('it is made', `${it}.beginCreateOrUpdateAndWait`, [GROUP, 'first', owned],
    (v) => v.properties.provisioningState === 'Succeeded' && v.properties.outputs.id.value.endsWith('/Net3'));
  await good('shown', `${it}.get`, [GROUP, 'first'], (v) => v.properties.outputResources.length === 1);
  await good('listed', `${it}.listByResourceGroup`, [GROUP], (v) => names(v) === 'first');
  await good('it is there', `${it}.checkExistence`, [GROUP, 'first'], (v) => v.body === true);
  await refused('a deployment is refused by policy', 400, 'InvalidTemplateDeployment',
    `${it}.beginCreateOrUpdateAndWait`, [GROUP, 'second', ask('Net4', {})],
    (error) => error.details.some((one) => one.code === 'RequestDisallowedByPolicy' && tellsWhy(one)));
  const wide = { location: 'koreacentral', properties: { mode: 'Incremental', template: {
    $schema: 'https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    resources: [{ type: 'Microsoft.Resources/resourceGroups', apiVersion: '2022-09-01', name: 'Sdk-Made',
      location: "[deployment().location]" }],
  } } };
  await good('one of the subscription is validated', `${it}.beginValidateAtSubscriptionScopeAndWait`,
    ['wide', wide], (v) => !v.error);
  await good('what it would change', `${it}.beginWhatIfAtSubscriptionScopeAndWait`, ['wide', wide],
    (v) => v.changes.some((one) => one.changeType === 'Create'));
  await good('it is made', `${it}.beginCreateOrUpdateAtSubscriptionScopeAndWait`, ['wide', wide],
    (v) => v.properties.provisioningState === 'Succeeded');
  await good('listed', `${it}.listAtSubscriptionScope`, [], (v) => names(v) === 'wide');
  await good('shown', `${it}.getAtSubscriptionScope`, ['wide'], (v) => v.location === 'koreacentral');
  await good('it goes', `${it}.beginDeleteAtSubscriptionScopeAndWait`, ['wide']);
  await good('the group that it made goes', 'resources.resourceGroups.beginDeleteAndWait', ['Sdk-Made']);
  await good('the deployment goes', `${it}.beginDeleteAndWait`, [GROUP, 'first']);
  await good('and what it made stays', 'resources.resources.checkExistenceById', [network('Net3'), VERSION],
    (v) => v.body === true);
}

async function asks() {
  const it = 'policyInsights.policyStates';
  const query = (more) => ({ queryOptions: more });
  const failing = "complianceState eq 'NonCompliant'";
  await good('an evaluation', `${it}.beginTriggerSubscriptionEvaluationAndWait`, [subscription]);
  await good('one of the group', `${it}.beginTriggerResourceGroupEvaluationAndWait`, [subscription, GROUP]);
  await good('states of the group', `${it}.listQueryResultsForResourceGroup`,
    ['latest', subscription, GROUP, query({ filter: failing, orderBy: 'resourceId asc' })],
    (v) => v.length === 4 && v.every((one) => one.complianceState === 'NonCompliant'
      && one.timestamp instanceof Date) && v[0].resourceId.endsWith('/net1'));
  await good('of the subscription, some columns of two rows', `${it}.listQueryResultsForSubscription`,
    ['latest', subscription, query({ select: 'resourceId,complianceState', top: 2 })],
    (v) => v.length === 2 && v[0].resourceId && !v[0].policyAssignmentId);
  await good('counted', `${it}.listQueryResultsForSubscription`,
    ['latest', subscription, query({
      apply: `filter(${failing})/groupby((policyDefinitionReferenceId), aggregate($count as n))` })],
    (v) => v.map((one) => `${one.policyDefinitionReferenceId} ${one.n}`).sort().join() === 'owned 1,seen 3');
  await good('of a resource', `${it}.listQueryResultsForResource`, ['latest', network('Net1')],
    (v) => v.length === 3);
  await good('and why', `${it}.listQueryResultsForResource`,
    ['latest', network('Net1'), query({ filter: failing, expand: 'PolicyEvaluationDetails' })],
    (v) => v.length === 1 && v[0].policyEvaluationDetails.evaluatedExpressions.some((one) => one.operator === 'NotEquals'
      && one.path.endsWith('enableDdosProtection') && one.result === 'True'));
  await good('of the assignment', `${it}.listQueryResultsForSubscriptionLevelPolicyAssignment`,
    ['latest', subscription, SET], (v) => v.length === 9);
  await good('of the set', `${it}.listQueryResultsForPolicySetDefinition`, ['latest', subscription, SET],
    (v) => v.length === 9);
  await good('of a definition', `${it}.listQueryResultsForPolicyDefinition`, ['latest', subscription, 'asked'],
    (v) => v.length === 3 && v.every((one) => one.complianceState === 'Unknown'));
  await good('the past', `${it}.listQueryResultsForResource`,
    ['default', network('Net2'), query({ from: new Date(Date.now() - 3600e3), to: new Date() })],
    (v) => v.length >= 3);
  await good('of its components', `${it}.listQueryResultsForResource`,
    ['latest', network('Net1'), query({ expand: "components($filter=complianceState eq 'NonCompliant')" })],
    (v) => v.length === 3 && v.every((one) => one.components.length === 0));
  await good('states of components', 'policyInsights.componentPolicyStates.listQueryResultsForSubscription',
    [subscription, 'latest'], (v) => v.odataCount === 0 && v.value.length === 0);
  await refused('a filter that cannot be read', 400, 'InvalidFilterInQueryString',
    `${it}.listQueryResultsForSubscription`,
    ['latest', subscription, query({ filter: 'complianceState is bad' })]);
  await good('the summary of the group', `${it}.summarizeForResourceGroup`, ['latest', subscription, GROUP],
    (v) => v.value[0].results.nonCompliantResources === 3 && v.value[0].results.nonCompliantPolicies === 2);
  await good('of a resource', `${it}.summarizeForResource`, ['latest', network('Net2')],
    (v) => v.value[0].results.nonCompliantPolicies === 2);
  await good('of the assignment', `${it}.summarizeForSubscriptionLevelPolicyAssignment`,
    ['latest', subscription, SET],
    (v) => v.value[0].policyAssignments.length === 1 && v.value[0].results.nonCompliantResources === 3);
  await good('of the set', `${it}.summarizeForPolicySetDefinition`, ['latest', subscription, SET],
    (v) => v.value[0].results.nonCompliantResources === 3);
  await good('of a definition', `${it}.summarizeForPolicyDefinition`, ['latest', subscription, 'owned'],
    (v) => v.value[0].results.nonCompliantResources === 1);
  await good('of the subscription', `${it}.summarizeForSubscription`, ['latest', subscription],
    (v) => v.value[0].policyAssignments[0].policyDefinitions.length === 3
      && v.value[0].policyAssignments[0].policyGroups.length === 2);
}

/** More rows than a page holds: the rest comes by links. */
async function asksForMany() {
  const MANY = 'Sdk-Many';
  const resource = {
    type: NETWORKS, apiVersion: VERSION, name: "[concat('n', copyIndex())]", location: 'koreacentral',
    tags: { owner: 'me' }, copy: { name: 'all', count: 40 }, properties: {},
  };
  await good('a group for many', 'resources.resourceGroups.createOrUpdate', [MANY, { location: 'koreacentral' }]);
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0', resources: [resource],
  };
  await good('many are made', 'resources.deployments.beginCreateOrUpdateAndWait',
    [MANY, 'many', { properties: { mode: 'Incremental', template } }], (v) => v.properties.outputResources.length === 40);
  await ask('policyInsights.policyStates.beginTriggerResourceGroupEvaluationAndWait', [subscription, MANY]);
  await good('states, page by page', 'policyInsights.policyStates.listQueryResultsForResourceGroup',
    ['latest', subscription, MANY],
    (v) => new Set(v.map((one) => one.resourceId + one.policyDefinitionReferenceId)).size === 120 && pages() === 2);
  await good('they go', 'resources.resourceGroups.beginDeleteAndWait', [MANY]);
}

async function standards() {
  const it = 'security.regulatoryCompliance';
  await good('locations', 'security.locations.list', [], (v) => v.length > 0);
  await good('standards', `${it}Standards.list`, [], (v) => names(v) === SET && v[0].state === 'Failed');
  await good('a standard', `${it}Standards.get`, [SET], (v) => v.failedControls === 1);
  await good('its controls', `${it}Controls.list`, [SET], (v) => names(v) === 'One,Two');
  await good('a control', `${it}Controls.get`, [SET, 'One'],
    (v) => v.state === 'Failed' && v.failedAssessments === 2);
  const list = await good('its assessments', `${it}Assessments.list`, [SET, 'One'],
    (v) => v.length === 2 && v.every((one) => one.state === 'Failed'));
  await good('an assessment', `${it}Assessments.get`, [SET, 'One', list?.[0].name ?? ''],
    (v) => v.failedResources > 0);
}

async function states(wanted, resource) {
  const list = await collect(clients.policyInsights.policyStates.listQueryResultsForResource('latest', resource));
  const found = list.map((one) => `${one.policyDefinitionReferenceId} ${one.complianceState}`).sort().join();
  tell({ name: `then its states are ${wanted}`, passed: found === wanted, detail: found, call: '', requests: [] });
}

async function exempts() {
  const it = 'exemptions.policyExemptions';
  await good('an exemption', `${it}.createOrUpdate`, [network('Net2'), 'excused', {
    policyAssignmentId: assignment, policyDefinitionReferenceIds: ['owned', 'seen'], exemptionCategory: 'Waiver',
    expiresOn: new Date(Date.now() + 864e5), displayName: 'Excused',
  }], (v) => v.exemptionCategory === 'Waiver' && v.expiresOn instanceof Date);
  await good('exemptions', `${it}.list`, [], (v) => names(v) === 'excused');
  await good('shown', `${it}.get`, [network('Net2'), 'excused'],
    (v) => v.policyDefinitionReferenceIds.length === 2);
  await ask('policyInsights.policyStates.beginTriggerResourceGroupEvaluationAndWait', [subscription, GROUP]);
  await states('asked Unknown,owned Exempt,seen Exempt', network('Net2'));
  await good('the exemption ends', `${it}.delete`, [network('Net2'), 'excused']);
}

async function attests() {
  const it = 'policyInsights.attestations';
  await good('an attestation', `${it}.beginCreateOrUpdateAtResourceAndWait`, [network('Net1'), 'looked', {
    policyAssignmentId: assignment, policyDefinitionReferenceId: 'asked', complianceState: 'Compliant',
    owner: 'team', comments: 'Looked at',
    evidence: [{ description: 'a picture', sourceUri: 'https://example.org/1' }], assessmentDate: new Date(),
  }], (v) => v.provisioningState === 'Succeeded' && v.lastComplianceStateChangeAt instanceof Date);
  await good('shown', `${it}.getAtResource`, [network('Net1'), 'looked'], (v) => v.evidence.length === 1);
  await good('those of the subscription', `${it}.listForSubscription`, [], (v) => names(v) === 'looked');
  await good('those of the resource', `${it}.listForResource`, [network('Net1')], (v) => names(v) === 'looked');
  await ask('policyInsights.policyStates.beginTriggerResourceGroupEvaluationAndWait', [subscription, GROUP]);
  await states('asked Compliant,owned Compliant,seen NonCompliant', network('Net1'));
  await good('an attestation of the group', `${it}.beginCreateOrUpdateAtResourceGroupAndWait`,
    [GROUP, 'all', { policyAssignmentId: assignment, policyDefinitionReferenceId: 'asked',
      complianceState: 'NonCompliant' }]);
  await good('those of the group', `${it}.listForResourceGroup`, [GROUP], (v) => names(v) === 'all,looked');
  await good('it goes', `${it}.deleteAtResourceGroup`, [GROUP, 'all']);
  await good('and the other', `${it}.deleteAtResource`, [network('Net1'), 'looked']);
}

/** What stands there already is mended by a remediation: it runs in the background, and tells what it did. */
async function remediates() {
  const it = 'policyInsights.remediations';
  const marked = `${group}/providers/Microsoft.Authorization/policyAssignments/marked`;
  await good('what the other policy wants', 'resources.tagsOperations.beginCreateOrUpdateAtScopeAndWait',
    [network('Net2'), { properties: { tags: { owner: 'me' } } }]);
  await good('a policy that changes', 'policy.policyDefinitions.createOrUpdate', ['marked', {
    mode: 'Indexed',
    policyRule: {
      if: { allOf: [{ field: 'type', equals: NETWORKS }, { field: "tags['marked']", notEquals: 'yes' }] },
      then: { effect: 'modify', details: {
        roleDefinitionIds: [CONTRIBUTOR],
        operations: [{ operation: 'addOrReplace', field: "tags['marked']", value: 'yes' }],
      } },
    },
  }]);
  const made = await good('assigned', 'policy.policyAssignments.create', [group, 'marked', {
    policyDefinitionId: definition('marked'), location: 'koreacentral', identity: { type: 'SystemAssigned' },
  }]);
  await good('its identity is given the role', 'authorization.roleAssignments.create',
    [group, '1b0a7a3c-5a57-4b7e-9d3e-0d5a3f1c2b04', { roleDefinitionId: CONTRIBUTOR,
      principalId: made.identity.principalId, principalType: 'ServicePrincipal' }]);
  await ask('policyInsights.policyStates.beginTriggerResourceGroupEvaluationAndWait', [subscription, GROUP]);
  await refused('a remediation that is not there', 404, 'RemediationNotFound', `${it}.getAtResourceGroup`,
    [GROUP, 'none']);
  await good('a remediation', `${it}.createOrUpdateAtResourceGroup`, [GROUP, 'fix', {
    policyAssignmentId: marked, resourceDiscoveryMode: 'ExistingNonCompliant', resourceCount: 10,
    parallelDeployments: 2, failureThreshold: { percentage: 0.5 },
  }], (v) => v.provisioningState && v.createdOn instanceof Date && v.policyAssignmentId.toLowerCase() === marked.toLowerCase());
  for (let i = 0; i < 1800; i++) {
    const { provisioningState } = await ask(`${it}.getAtResourceGroup`, [GROUP, 'fix']);
    if (['Succeeded', 'Failed', 'Canceled'].includes(provisioningState)) break;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  await good('it succeeds', `${it}.getAtResourceGroup`, [GROUP, 'fix'],
    (v) => v.provisioningState === 'Succeeded' && v.deploymentStatus.successfulDeployments === 3
      && v.deploymentStatus.totalDeployments === 3 && v.deploymentStatus.failedDeployments === 0);
  await good('what it did', `${it}.listDeploymentsAtResourceGroup`, [GROUP, 'fix'],
    (v) => v.length === 3 && v.every((one) => one.status === 'Succeeded' && one.remediatedResourceId));
  await good('a resource is mended', 'resources.resources.getById', [network('Net2'), VERSION],
    (v) => v.tags.marked === 'yes');
  await good('nothing was deployed', 'policyInsights.policyTrackedResources.listQueryResultsForResourceGroup',
    [GROUP, 'default'], (v) => v.length === 0);
  await good('those of the subscription', `${it}.listForSubscription`, [], (v) => names(v) === 'fix');
  await good('those of the group', `${it}.listForResourceGroup`, [GROUP], (v) => names(v) === 'fix');
  await refused('what has ended is not cancelled', 409, 'Conflict', `${it}.cancelAtResourceGroup`, [GROUP, 'fix']);
  await good('it goes', `${it}.deleteAtResourceGroup`, [GROUP, 'fix'], (v) => v.name === 'fix');
  await good('unassigned', 'policy.policyAssignments.delete', [group, 'marked']);
  await good('the policy goes', 'policy.policyDefinitions.delete', ['marked']);
}

async function locks() {
  const it = 'locks.managementLocks';
  await good('a lock', `${it}.createOrUpdateAtResourceGroupLevel`,
    [GROUP, 'keep', { level: 'CanNotDelete', notes: 'why' }], (v) => v.level === 'CanNotDelete');
  await good('shown', `${it}.getAtResourceGroupLevel`, [GROUP, 'keep'], (v) => v.notes === 'why');
  await good('listed', `${it}.listAtResourceGroupLevel`, [GROUP], (v) => names(v) === 'keep');
  await refused('what is locked stays', 409, 'ScopeLocked', 'resources.resources.beginDeleteByIdAndWait',
    [network('Net3'), VERSION]);
  await good('the lock goes', `${it}.deleteAtResourceGroupLevel`, [GROUP, 'keep']);
}

async function roles() {
  const [role, given] = ['1b0a7a3c-5a57-4b7e-9d3e-0d5a3f1c2b01', '1b0a7a3c-5a57-4b7e-9d3e-0d5a3f1c2b02'];
  const who = { roleDefinitionId: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
    principalId: myself, principalType: 'ServicePrincipal' };
  await good('a role', 'authorization.roleDefinitions.createOrUpdate', [scope, role, {
    roleName: 'Watchers of networks', description: 'They look', roleType: 'CustomRole', assignableScopes: [scope],
    permissions: [{ actions: ['Microsoft.Network/*/read'] }],
  }], (v) => v.roleName === 'Watchers of networks');
  await good('shown', 'authorization.roleDefinitions.get', [scope, role],
    (v) => v.permissions[0].actions.length === 1);
  await good('roles by name', 'authorization.roleDefinitions.list',
    [scope, { filter: "roleName eq 'Contributor'" }],
    (v) => names(v) === 'b24988ac-6180-42a0-ab88-20f7382dd24c');
  await good('it is given', 'authorization.roleAssignments.create', [group, given, who],
    (v) => v.principalId === myself);
  await refused('twice', 409, 'RoleAssignmentExists', 'authorization.roleAssignments.create',
    [group, given.replace(/2$/, '3'), who]);
  await good('shown', 'authorization.roleAssignments.get', [group, given],
    (v) => v.scope.toLowerCase() === group.toLowerCase());
  await good('given to him', 'authorization.roleAssignments.listForSubscription',
    [{ filter: `principalId eq '${myself}'` }],
    (v) => v.some((one) => one.name === given));
  await good('at the group', 'authorization.roleAssignments.listForResourceGroup',
    [GROUP, { filter: 'atScope()' }], (v) => v.some((one) => one.name === given));
  await good('at a scope', 'authorization.roleAssignments.listForScope',
    [group, { filter: `assignedTo('${myself}')` }], (v) => v.some((one) => one.name === given));
  await good('taken away', 'authorization.roleAssignments.delete', [group, given], (v) => v.name === given);
  await good('the role goes', 'authorization.roleDefinitions.delete', [scope, role], (v) => v.name === role);
}

/** What is defined and assigned above holds below, and is asked about there. */
async function managesFromAbove() {
  const above = '/providers/Microsoft.Management/managementGroups/Sdk-Top';
  const at = `${above}/providers/Microsoft.Authorization`;
  const it = 'policyInsights.policyStates';
  const rule = (effect) => ({ if: { allOf: [{ field: 'type', equals: NETWORKS },
    { field: "tags['from']", notEquals: 'above' }] }, then: effect });
  await good('a definition above', 'policy.policyDefinitions.createOrUpdateAtManagementGroup', ['Sdk-Top', 'above',
    {
    mode: 'Indexed', policyRule: rule({ effect: 'modify', details: {
      roleDefinitionIds: [CONTRIBUTOR],
      operations: [{ operation: 'addOrReplace', field: "tags['from']", value: 'above' }],
    } }),
  }], (v) => v.id === `${at}/policyDefinitions/above`);
  await good('shown', 'policy.policyDefinitions.getAtManagementGroup', ['Sdk-Top', 'above']);
  await good('listed', 'policy.policyDefinitions.listByManagementGroup', ['Sdk-Top',
    { filter: "policyType eq 'Custom'" }], (v) => names(v) === 'above');
  await good('an initiative above', 'policy.policySetDefinitions.createOrUpdateAtManagementGroup',
    ['Sdk-Top', 'above', { policyDefinitions: [{ policyDefinitionId: `${at}/policyDefinitions/above` }] }],
      (v) => v.policyDefinitions[0].policyDefinitionReferenceId);
  await good('shown', 'policy.policySetDefinitions.getAtManagementGroup', ['Sdk-Top', 'above']);
  await good('listed', 'policy.policySetDefinitions.listByManagementGroup', ['Sdk-Top',
    { filter: 'atExactScope()' }], (v) => names(v) === 'above');
  await good('assigned by id', 'policy.policyAssignments.createById', [`${at}/policyAssignments/above`, {
    policyDefinitionId: `${at}/policySetDefinitions/above`, location: 'koreacentral',
      identity: { type: 'SystemAssigned' },
  }], (v) => v.scope === above);
  await good('assignments above', 'policy.policyAssignments.listForManagementGroup', ['Sdk-Top',
    { filter: 'atScope()' }], (v) => names(v) === 'above');
  await good('a resource is changed by it', 'resources.resources.beginCreateOrUpdateByIdAndWait',
    [network('Net4'), VERSION, { location: 'koreacentral', tags: { owner: 'me' }, properties: {} }],
      (v) => v.tags.from === 'above' && v.tags.owner === 'me');
  await ask(`${it}.beginTriggerSubscriptionEvaluationAndWait`, [subscription]);
  await good('states above', `${it}.listQueryResultsForManagementGroup`, ['latest', 'Sdk-Top',
    { queryOptions: { filter: "policyDefinitionAction eq 'modify'" } }],
    (v) => v.length === 5 && v.filter((one) => one.complianceState === 'Compliant').length === 1
      && v[0].managementGroupIds.toLowerCase().includes('sdk-top'));
  await good('the summary above', `${it}.summarizeForManagementGroup`, ['latest', 'Sdk-Top'],
    (v) => v.value[0].policyAssignments.length === 2);
  await good('not enforced', 'policy.policyAssignments.createById',
    [`${at}/policyAssignments/above`, { policyDefinitionId: `${at}/policySetDefinitions/above`,
      enforcementMode: 'DoNotEnforce' }], (v) => v.enforcementMode === 'DoNotEnforce');
  await good('then a resource is not changed', 'resources.resources.beginCreateOrUpdateByIdAndWait',
    [network('Net4'), VERSION, { location: 'koreacentral', tags: { owner: 'me' }, properties: {} }],
      (v) => !v.tags.from);
  await good('unassigned by id', 'policy.policyAssignments.deleteById', [`${at}/policyAssignments/above`],
    (v) => v.name === 'above');
  await good('the initiative goes', 'policy.policySetDefinitions.deleteAtManagementGroup', ['Sdk-Top', 'above']);
  await good('the definition goes', 'policy.policyDefinitions.deleteAtManagementGroup', ['Sdk-Top', 'above']);
}

async function managementGroups() {
  const it = 'groups.managementGroups';
  await good('a management group', `${it}.beginCreateOrUpdateAndWait`, ['Sdk-Top', { displayName: 'The top' }],
    (v) => v.name === 'Sdk-Top');
  await good('a subscription moves', 'groups.managementGroupSubscriptions.create', ['Sdk-Top', subscription]);
  await good('the tree', `${it}.get`, ['Sdk-Top', { expand: 'children', recurse: true }],
    (v) => v.children[0].name === subscription);
  await good('listed', `${it}.list`, [], (v) => v.some((one) => one.name === 'Sdk-Top'));
  await managesFromAbove();
  await good('and back', 'groups.managementGroupSubscriptions.delete', ['Sdk-Top', subscription]);
  await good('gone', `${it}.beginDeleteAndWait`, ['Sdk-Top']);
}

async function ends() {
  await good('the assignment goes', 'policy.policyAssignments.delete', [scope, SET], (v) => v.name === SET);
  await good('twice', 'policy.policyAssignments.delete', [scope, SET]);
  await good('the set goes', 'policy.policySetDefinitions.delete', [SET]);
  for (const name of ['owned', 'seen', 'asked']) await good(`${name} goes`, 'policy.policyDefinitions.delete',
    [name]);
  await good('a resource goes', 'resources.resources.beginDeleteByIdAndWait', [network('Net3'), VERSION]);
  await good('twice', 'resources.resources.beginDeleteByIdAndWait', [network('Net3'), VERSION]);
  for (const name of [GROUP, 'Sdk-Other']) await good(`${name} goes`,
    'resources.resourceGroups.beginDeleteAndWait', [name]);
  await good('nothing is left', 'resources.resources.list', [], (v) => v.length === 0);
}

for (const part of [signsIn, makesGroups, makesResources, tags, makesPolicies, keepsVersions, assigns, isRefused, asksBefore,
  deploys, asks, asksForMany, standards, exempts, attests, remediates, locks, roles, managementGroups, ends]) {
  await part();
}
