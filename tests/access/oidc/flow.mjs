// SPDX-License-Identifier: Apache-2.0
// Sign-in at a real OpenID provider (npm: oidc-provider), played by a browser that is this script. Arguments: the driver. Output: TAP.
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import Provider from 'oidc-provider'

console.info = console.warn = console.error // the provider's notices are no TAP

const CALLBACK = 'https://localhost:8443/api/v1/sign-in/oidc/callback'
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']
const PEOPLE = {
  kim: { email: 'kim@example.org', email_verified: true, preferred_username: 'kim', name: 'Kim', groups: ['ops', 'other'] },
  lee: { email: 'lee@example.org', email_verified: false, preferred_username: 'lee', name: 'Lee', groups: [] },
}

// ---- the provider ----

const makeKeys = (name) => ({
  keys: [
    ['rsa', { modulusLength: 2048 }], ['ec', { namedCurve: 'P-256' }], ['ed25519', {}],
  ].map(([type, options], i) => ({
    ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid: `${name}-${i}`, use: 'sig',
  })),
})

async function startProvider(port, keys) {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: ALGORITHMS.map((alg) => ({
      client_id: `mapae-${alg}`, client_secret: `secret & + % of ${alg}`, redirect_uris: [CALLBACK], grant_types: ['authorization_code'],
      response_types: ['code'], id_token_signed_response_alg: alg,
    })).concat([{
      client_id: 'public', token_endpoint_auth_method: 'none', redirect_uris: [CALLBACK], grant_types: ['authorization_code'],
      response_types: ['code'],
    }]),
    jwks: keys,
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    cookies: { keys: ['a key of this test'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
  })
  server.on('request', provider.callback())
  return { issuer, port: server.address().port, close: () => new Promise((done) => { server.closeAllConnections(); server.close(done) }) }
}

// ---- Mapae ----

const driver = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: driver.stdout })[Symbol.asyncIterator]()
async function mapae(request) {
  driver.stdin.write(JSON.stringify(request) + '\n')
  const { value, done } = await lines.next()
  if (done) throw new Error('the driver ended')
  return JSON.parse(value)
}

// ---- the browser ----

class Browser {
  cookies = new Map()

  async fetch(url, options = {}) {
    const answer = await fetch(url, {
      ...options, redirect: 'manual', headers: { ...options.headers, cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') },
    })
    // Debian's Node.js 18 joins them by commas: one stands between cookies where a name and '=' follow.
    const lines = answer.headers.getSetCookie?.() ?? (answer.headers.get('set-cookie') ?? '').split(/,\s*(?=[^;=,\s]+=)/).filter(Boolean)
    for (const line of lines) {
      const [pair] = line.split(';')
      const at = pair.indexOf('=')
      if (/expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(pair.slice(0, at))
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }

  // From the address that Mapae gives to the query that the provider sends back, through the forms for login and consent.
  async signIn(location, login) {
    let answer = await this.fetch(location)
    for (let step = 0; step < 20; step++) {
      const to = answer.headers.get('location')
      if (to) {
        const url = new URL(to, answer.url)
        if (url.href.startsWith(CALLBACK)) return Object.fromEntries(url.searchParams)
        answer = await this.fetch(url)
        continue
      }
      const page = await answer.text()
      const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1]
      if (!action) throw new Error(`no form in: ${page.slice(0, 2000)}`)
      const fields = new URLSearchParams()
      for (const [, name, value] of page.matchAll(/<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)) fields.set(name, value)
      if (fields.get('prompt') === 'login') { fields.set('login', login); fields.set('password', 'x') }
      answer = await this.fetch(new URL(action, answer.url), {
        method: 'POST', body: fields.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    }
    throw new Error('the sign-in does not end')
  }
}

async function round(login, change = (finish) => finish, browser = new Browser()) {
  const begun = await mapae({ do: 'begin', to: '/policies?x=1' })
  if (begun.code !== 'ok') return begun
  const back = await browser.signIn(begun.location, login)
  const finish = change({ do: 'finish', cookie: begun.cookie, state: back.state, answer: back.code ?? '', iss: back.iss ?? '' })
  return { ...await mapae(finish), sent: finish }
}

// ---- the tests ----

let number = 0
let failures = 0
function ok(condition, name, seen) {
  if (!condition) failures++
  console.log(`${condition ? 'ok' : 'not ok'} ${++number} - ${name}`)
  if (!condition) console.log(`# ${JSON.stringify(seen)}`)
}

const keys = makeKeys('first')
let op = await startProvider(0, keys)
const setup = (more = {}) => ({
  do: 'provider',
  body: {
    displayName: 'Test', issuer: op.issuer, clientId: 'mapae-RS256', clientSecret: 'secret & + % of RS256', allowsLoopbackHttp: true,
    scopes: ['profile', 'email', 'groups'], userClaim: 'preferred_username', createsUsers: true, ...more,
  },
})

let seen = await mapae(setup({ allowsLoopbackHttp: false }))
ok(seen.code === 'parameter', 'http is not accepted without its setting', seen)
seen = await mapae(setup())
ok(seen.code === 'ok', 'a provider is set up', seen)

const group = (await mapae({ do: 'group', name: 'Operators' })).id
const first = await round('kim')
ok(first.code === 'ok' && first.to === '/policies?x=1', 'a person signs in, and comes where he wanted to', first)
const kim = await mapae({ do: 'user', id: first.user })
ok(kim.record.userName === 'kim' && kim.record.state === 'active' && kim.record.email === 'kim@example.org', 'and is a user', kim)
seen = await round('kim')
ok(seen.user === first.user, 'the second time he is the same', seen)

for (const alg of ALGORITHMS) {
  await mapae(setup({ clientId: `mapae-${alg}`, clientSecret: `secret & + % of ${alg}` }))
  seen = await round('kim')
  ok(seen.code === 'ok' && seen.user === first.user, `${alg} is verified`, seen)
}
await mapae(setup({ clientId: 'public', clientSecret: null }))
seen = await round('kim')
ok(seen.code === 'ok', 'a public client has PKCE alone', seen)
await mapae(setup({ clientSecret: 'wrong' }))
seen = await round('kim')
ok(seen.code === 'credentials', 'a wrong client secret is refused', seen)

await mapae(setup({ groupsClaim: 'groups', groupMap: [{ value: 'ops', group }] }))
await round('kim')
seen = await mapae({ do: 'user', id: first.user })
ok(seen.groups.includes(group), 'groups are mapped', seen)
PEOPLE.kim.groups = []
await round('kim')
seen = await mapae({ do: 'user', id: first.user })
ok(!seen.groups.includes(group), 'also out of them', seen)

await mapae(setup({ userClaim: 'email' }))
seen = await round('lee')
ok(seen.code === 'denied', 'an address that was not verified names nobody', seen)
await mapae(setup({ createsUsers: false }))
seen = await round('lee')
ok(seen.code === 'denied', 'who is unknown stays outside when none are made', seen)
await mapae(setup())

const refused = {
  'a wrong state': (f) => ({ ...f, state: f.state.slice(0, -2) + 'xx' }),
  'no state': (f) => ({ ...f, state: '' }),
  'no cookie': (f) => ({ ...f, cookie: '' }),
  'an altered cookie': (f) => ({ ...f, cookie: f.cookie.slice(0, -3) + 'abc' }),
  'another code': (f) => ({ ...f, answer: f.answer.slice(0, -2) + 'xx' }),
  'no code': (f) => ({ ...f, answer: '' }),
  'another issuer (mix-up)': (f) => ({ ...f, iss: 'https://evil.example' }),
  'no issuer where one is promised': (f) => ({ ...f, iss: '' }),
}
for (const [name, change] of Object.entries(refused)) {
  seen = await round('kim', change)
  ok(seen.code === 'credentials', `${name} is refused`, seen)
}
const good = await round('kim')
seen = await mapae(good.sent)
ok(good.code === 'ok' && seen.code === 'credentials', 'an answer counts once', seen)
seen = await round('kim', (f) => ({ ...f, answer: good.sent.answer }))
ok(seen.code === 'credentials', 'a code of another flow is refused', seen)
const other = await mapae({ do: 'begin', to: '/' })
seen = await round('kim', (f) => ({ ...f, cookie: other.cookie }))
ok(seen.code === 'credentials', 'an answer for another browser is refused', seen)
const late = await mapae({ do: 'begin', to: '//evil.example/' })
const lateBack = await new Browser().signIn(late.location, 'kim')
await mapae({ do: 'later', seconds: 301 })
seen = await mapae({ do: 'finish', cookie: late.cookie, state: lateBack.state, answer: lateBack.code, iss: lateBack.iss })
ok(seen.code === 'credentials', 'five minutes are enough', seen)
seen = await mapae({ do: 'refused' })
ok(seen.count >= 12, 'every refusal is a leaf', seen)

await op.close()
op = await startProvider(op.port, makeKeys('second'))
await mapae({ do: 'later', seconds: -200 }) // near to the real time again, and over a minute after the keys were fetched
seen = await round('kim')
ok(seen.code === 'ok' && seen.user === first.user, 'new keys of the provider are fetched', seen)
seen = await mapae({ do: 'suspend', id: first.user })
seen = await round('kim')
ok(seen.code === 'denied', 'who is suspended here stays outside', seen)
await op.close()
await mapae({ do: 'later', seconds: 7200 })
seen = await mapae({ do: 'begin', to: '/' })
ok(seen.code === 'unavailable', 'a provider that is not there is said to be', seen)

console.log(`1..${number}`)
driver.stdin.end()
await once(driver, 'exit')
process.exit(failures || driver.exitCode ? 1 : 0)
