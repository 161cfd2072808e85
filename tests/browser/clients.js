// SPDX-License-Identifier: Apache-2.0
// A client that nobody here wrote signs in: @azure/identity with a secret, by the discovery documents alone.
//
// clients.js MAPAE. NODE_EXTRA_CA_CERTS must name the authority before node starts, so this starts itself again.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { Server } from './server.js';
import { check, done } from './tap.js';

const [mapae, base, made] = process.argv.slice(2);

async function asClient() {
  const { ClientSecretCredential } = await import('@azure/identity');
  const { tenantId, clientId, clientSecret } = JSON.parse(made);
  const options = { authorityHost: base, disableInstanceDiscovery: true };
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, options);
  const { token, expiresOnTimestamp } = await credential.getToken(`${base}/.default`);
  check('a token comes', token.split('.').length === 3 && expiresOnTimestamp > Date.now());
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  check('with the claims of the contract', claims.aud === base && claims.iss === `${base}/${tenantId}/v2.0` && claims.tid === tenantId
    && claims.appid === clientId && claims.idtyp === 'app' && claims.exp - claims.nbf >= 3000, claims);
  const answer = await fetch(`${base}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } });
  check('and it is good for the API', answer.status === 200 && (await answer.json()).id === claims.oid, answer.status);
  const wrong = new ClientSecretCredential(tenantId, clientId, 'wrong', options);
  const said = await wrong.getToken(`${base}/.default`).then(() => 'a token', (error) => error.message);
  check('a wrong secret is told as Azure tells it', said.includes('AADSTS7000215'), said);
  done();
}

if (base) {
  await asClient();
} else {
  const server = await new Server(mapae, '--program', 'client', '--role', 'Reader').start();
  const child = spawnSync(process.execPath, [process.argv[1], mapae, server.base, JSON.stringify(server.made)],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_EXTRA_CA_CERTS: server.made.caFile } });
  process.exitCode = child.status ?? 1;
  await server.end();
}
