// SPDX-License-Identifier: Apache-2.0
// The pages in a real browser: set-up link, second factors, passkey, recovery, sessions, languages, the viewer of the API.
//
// pages.js MAPAE [FOLDER]: screenshots go to FOLDER when it is given.
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { Server } from './server.js';
import { check, done, skipAll } from './tap.js';

const [mapae, pictures] = process.argv.slice(2);
const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE = 180000; // milliseconds, for a busy machine: nothing here asks how long something takes
const PASSWORD = 'Correct-Horse-42-Battery';

/** RFC 6238 with the usual numbers: SHA-1, 30 seconds, six digits. */
function totp(secret, steps = 0) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const letter of secret.replace(/[\s=]/g, '')) bits += alphabet.indexOf(letter).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

/** A code that is none of any half minute near to this one. */
function wrongCode(secret) {
  const right = [-2, -1, 0, 1, 2].map((steps) => totp(secret, steps));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code));
}

const complaints = [];

/** Wait until `question` says yes in the page, whose policy allows no waiting of the tool's own. */
async function until(page, question, argument) {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    if (await page.evaluate(question, argument)) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`never true: ${question}`);
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

/** No violation that axe-core finds, in both languages and both schemes of colour. */
async function accessible(page, name) {
  for (const lang of ['ko', 'en']) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.click(`[data-lang="${lang}"]`);
      await until(page, (wanted) => document.documentElement.lang === wanted, lang);
      await page.waitForTimeout(100);
      // The page allows no foreign script; what runs from here is not of the page.
      const found = await page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`);
      check(`${name} (${lang}, ${colorScheme}): nothing stands in the way of anybody`, found.violations.length === 0,
        found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`).join('\n'));
      const untold = await page.evaluate(() => document.body.innerText.match(/console\.[a-z-]+(\.[a-z-]+)*/g));
      check(`${name} (${lang}): every sentence is there`, !untold, String(untold));
      await picture(page, `${name}-${lang}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

async function shows(page, selector, name) {
  try {
    await page.waitForSelector(selector, { state: 'visible', timeout: PATIENCE });
    check(name, true);
  } catch {
    check(name, false, `${page.url()}\n${await page.innerText('body')}`);
    throw new Error(`${name}: not shown`);
  }
}

async function setUp(page, server) {
  await page.goto(`${server.base}/setup`);
  await shows(page, '#no-token', 'a set-up page without its token says so');
  await page.goto('about:blank');
  const link = server.made.setupLink.replace(/^https:\/\/[^/]*/, server.base);
  await page.goto(link);
  await shows(page, '#form-setup', 'the set-up link opens');
  check('the token is gone from the address', !page.url().includes('#'));
  await accessible(page, 'setup');
  await page.fill('#new-password', 'short');
  await page.fill('#new-again', 'short');
  await page.click('#form-setup button.first');
  await shows(page, '#form-setup .say:not([hidden])', 'a weak password is refused with the reason');
  await picture(page, 'setup-refused');
  await page.fill('#new-password', PASSWORD);
  await page.fill('#new-again', `${PASSWORD}x`);
  await page.click('#form-setup button.first');
  check('two passwords that differ are noticed', await page.getAttribute('#new-again', 'aria-invalid') === 'true');
  await page.fill('#new-again', PASSWORD);
  await page.click('#form-setup button.first');
  await page.waitForURL('**/account**');
  await shows(page, '#enroll', 'an administrator is asked for a second factor first');
}

async function enroll(page) {
  await page.click('#totp-add');
  await shows(page, '#qr svg', 'the QR code is drawn');
  const secret = await page.innerText('#totp-secret');
  await accessible(page, 'account-totp');
  await page.fill('#totp-code', wrongCode(secret));
  await page.click('#form-totp button.first');
  await shows(page, '#form-totp .say:not([hidden])', 'a wrong code is refused');
  await page.fill('#totp-code', totp(secret));
  await page.click('#form-totp button.first');
  await until(page, () => document.getElementById('totp-new').hidden);
  await until(page, () => document.getElementById('enroll').hidden);
  check('with a second factor the account is whole', true);
  await page.click('#recovery-new');
  await shows(page, '#recovery-codes', 'recovery codes are shown');
  const codes = await page.locator('#codes li').allInnerTexts();
  check('there are ten of them', codes.length === 10 && new Set(codes).size === 10, codes);
  await page.click('#passkey-add');
  await page.fill('#passkey-name', '사무실 노트북');
  await page.click('#form-passkey button');
  await shows(page, '#passkeys li', 'a passkey is added');
  await accessible(page, 'account');
  return { secret, codes };
}

async function signIn(page, server) {
  await page.goto(`${server.base}/sign-in`);
  await page.fill('#user-name', 'admin');
  await page.fill('#password', PASSWORD);
  await page.click('#form-name button.first');
  await shows(page, '#step-factor', 'after the password comes the second factor');
}

async function signOut(page) {
  await page.click('#sign-out');
  await page.waitForURL('**/sign-in');
}

async function waysIn(page, server, { secret, codes }) {
  await signOut(page);
  await page.goto(`${server.base}/account`);
  await page.waitForURL('**/sign-in?to=/account');
  check('without a session the account leads to signing in', true);
  await accessible(page, 'sign-in');
  await page.fill('#user-name', 'admin');
  await page.fill('#password', 'wrong');
  await page.click('#form-name button.first');
  await shows(page, '#form-name .say:not([hidden])', 'a wrong password is refused');
  await picture(page, 'sign-in-refused');
  await signIn(page, server);
  await accessible(page, 'factor');
  await page.fill('#code', totp(secret, 1)); // the code of this half minute was used to set it up
  await page.click('#form-code button.first');
  await page.waitForURL('**/account');
  check('with the password and a code one is in', true);
  await signOut(page);
  await signIn(page, server);
  await page.fill('#code', codes[0]);
  await page.click('#form-code button.first');
  await page.waitForURL('**/account');
  check('with a recovery code too', true);
  await until(page, () => /\b9\b/.test(document.getElementById('recovery-state').innerText));
  check('which is used up then', true);
  await signOut(page);
  await page.click('#passkey');
  await page.waitForURL('**/account');
  check('with the passkey alone too', true);
  await signOut(page);
  await page.goto(`${server.base}/sign-in?to=https://evil.example/`);
  await page.click('#passkey');
  await page.waitForURL('**/account');
  check('nobody is led away to another site', page.url().startsWith(server.base));
}

async function changePassword(page) {
  await page.fill('#old-password', PASSWORD);
  await page.fill('#new-password', PASSWORD);
  await page.fill('#new-again', PASSWORD);
  await page.click('#form-change button');
  await shows(page, '#form-change .say.bad', 'the same password again is refused');
  await page.fill('#new-password', `${PASSWORD}-2`);
  await page.fill('#new-again', `${PASSWORD}-2`);
  await page.click('#form-change button');
  await shows(page, '#form-change .say.good', 'the password is changed');
}

async function viewer(page, server) {
  await page.goto(`${server.base}/api/docs`);
  await shows(page, '.opblock', 'the viewer shows the API');
  const description = await (await page.request.get(`${server.base}/api/v1/openapi.json`)).json();
  const wanted = Object.values(description.paths).flatMap((path) => Object.keys(path)
    .filter((key) => ['get', 'put', 'post', 'delete', 'patch'].includes(key))).length;
  await page.locator('.opblock').nth(wanted - 1).waitFor({ timeout: PATIENCE }).catch(() => {}); // they are drawn bit by bit
  const operations = await page.locator('.opblock').count();
  check('with every operation of the description', operations === wanted && wanted > 50, `${operations} of ${wanted}`);
  await picture(page, 'api');
}

async function story(page, server) {
  await setUp(page, server);
  const factors = await enroll(page);
  await waysIn(page, server, factors);
  await changePassword(page);
  await viewer(page, server);
}

async function run() {
  const server = await new Server(mapae).start();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage',
    '--disable-background-networking', '--disable-sync', '--no-first-run', '--ignore-certificate-errors'] });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: { width: 1100, height: 800 } });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    page.on('console', (message) => {
      // A refusal that a step provokes is told by the browser too.
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal',
      hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
    await story(page, server);
    check('the browser complains of nothing', complaints.length === 0, complaints.join('\n'));
  } catch (error) {
    check('the story goes on to its end', false, `${error.stack}\n${complaints.join('\n')}\n${server.said}`);
  } finally {
    await browser.close();
  }
  check('the server ends in good order', await server.end() === 0, server.said);
  done();
}

if (existsSync(CHROMIUM)) await run();
else skipAll('chromium is not installed');
