// SPDX-License-Identifier: Apache-2.0
// One's own account: second factors, recovery codes, password, sessions.
import { agreed, ask, createPasskey, guarded, onSubmit, onWords, passwordRules, Refused, say, start, t, when } from './page.js';

const at = (id) => document.getElementById(id);
let me = {};
let factors = { totp: false, passkeys: [], recoveryCodes: 0 };
let sessions = [];

function item(title, more, label, remove) {
  const li = document.createElement('li');
  const left = document.createElement('div');
  const strong = document.createElement('strong');
  strong.textContent = title;
  const span = document.createElement('span');
  span.textContent = more;
  left.append(strong, span);
  li.append(left);
  if (remove) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.addEventListener('click', () => guarded(button, at('passkey-say'), remove));
    li.append(button);
  }
  return li;
}

/** "Chrome, Windows" of a User-Agent; the whole of it when it is nothing known. */
function device(agent) {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent ?? '')?.[1];
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(agent ?? '')?.[1];
  const names = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' };
  return [names[browser] ?? browser, names[system] ?? system].filter(Boolean).join(', ') || agent || t('console.sessions.unknown');
}

function draw() {
  at('who').textContent = me.displayName ?? '';
  at('who-more').textContent = me.userName ?? '';
  at('enroll').hidden = me.next !== 'enroll';
  at('totp-state').textContent = t(factors.totp ? 'console.totp.on' : 'console.totp.off');
  at('totp-add').textContent = t(factors.totp ? 'console.remove' : 'console.totp.add');
  at('recovery-state').textContent = t('console.recovery.left', factors.recoveryCodes);
  at('passkeys').replaceChildren(...factors.passkeys.map((key) => item(key.name, key.lastUsedAt
    ? t('console.passkeys.used', when(key.lastUsedAt)) : t('console.passkeys.made', when(key.createdAt)),
    t('console.remove'), () => removeFactor(key.id))));
  at('sessions').replaceChildren(...sessions.map((session) => {
    const li = item(device(session.agent), t('console.sessions.used', when(session.lastUsedAt ?? session.createdAt)),
      t('console.sessions.end'), session.isCurrent ? null : () => endSession(session.id));
    if (session.isCurrent) {
      const tag = document.createElement('em');
      tag.className = 'tag';
      tag.textContent = t('console.sessions.this');
      li.querySelector('strong').append(tag);
    }
    return li;
  }));
}

async function load() {
  me = await ask('GET', '/me');
  factors = await ask('GET', '/me/factors');
  sessions = me.next ? [] : (await ask('GET', '/me/sessions')).value;
  draw();
}

async function removeFactor(id) {
  await ask('DELETE', `/me/factors/${encodeURIComponent(id)}`);
  await load();
}

async function endSession(id) {
  await ask('DELETE', `/me/sessions/${encodeURIComponent(id)}`);
  await load();
}

async function beginTotp() {
  if (factors.totp) {
    await removeFactor('totp');
    return;
  }
  const { uri, secret } = await ask('POST', '/me/totp');
  const code = window.qrcode(0, 'M');
  code.addData(uri);
  code.make();
  at('qr').innerHTML = code.createSvgTag({ scalable: true, margin: 0 }); // made here, from numbers
  at('totp-secret').textContent = secret.replace(/(.{4})/g, '$1 ');
  at('totp-new').hidden = false;
  at('totp-code').focus();
}

async function addPasskey() {
  const options = await ask('POST', '/me/passkeys');
  const credential = await createPasskey(options);
  await ask('POST', '/me/passkeys/confirm', { name: at('passkey-name').value, credential });
  at('form-passkey').hidden = true;
  at('passkey-name').value = '';
  await load();
}

async function newCodes() {
  const { codes } = await ask('POST', '/me/recovery-codes');
  at('codes').replaceChildren(...codes.map((code) => {
    const li = document.createElement('li');
    li.textContent = code;
    return li;
  }));
  at('recovery-codes').hidden = false;
  await load();
}

start(async () => {
  try {
    await load();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      location.assign('/sign-in?to=/account');
      return;
    }
    throw error;
  }
  onWords(draw);
  at('sign-out').addEventListener('click', () => guarded(at('sign-out'), at('passkey-say'), async () => {
    await ask('POST', '/sign-out');
    sessionStorage.clear();
    location.assign('/sign-in');
  }));
  at('totp-add').addEventListener('click', () => guarded(at('totp-add'), at('passkey-say'), beginTotp));
  onSubmit(at('form-totp'), async () => {
    await ask('POST', '/me/totp/confirm', { code: at('totp-code').value });
    at('totp-new').hidden = true;
    at('totp-code').value = '';
    await load();
  });
  at('passkey-add').addEventListener('click', () => {
    at('form-passkey').hidden = false;
    at('passkey-name').focus();
  });
  at('form-passkey').addEventListener('submit', (event) => {
    event.preventDefault();
    guarded(at('form-passkey').querySelector('button'), at('passkey-say'), addPasskey);
  });
  at('recovery-new').addEventListener('click', () => guarded(at('recovery-new'), at('passkey-say'), newCodes));
  at('print').addEventListener('click', () => window.print());
  passwordRules(at('new-password'), at('rules-change'), await ask('GET', '/sign-in/rules'));
  onSubmit(at('form-change'), async () => {
    const newPassword = agreed(at('form-change'), at('new-password'), at('new-again'));
    await ask('POST', '/me/password', { oldPassword: at('old-password').value, newPassword });
    at('form-change').reset();
    say(at('form-change'), t('console.change.done'), 'good');
  });
});
