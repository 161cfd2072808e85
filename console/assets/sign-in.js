// SPDX-License-Identifier: Apache-2.0
// Signing in: a name and a password, or a passkey, or another provider; then whatever step is next.
import { agreed, ask, guarded, onSubmit, passwordRules, start, step, t, usePasskey } from './page.js';

const at = (id) => document.getElementById(id);

/** Where the user wanted to go: a path of ours, nothing else. */
function wanted() {
  const to = new URLSearchParams(location.search).get('to') ?? '/account';
  return /^\/(?![/\\])/.test(to) ? to : '/account';
}

function go(next, factors) {
  if (next === 'factor') {
    at('factor-passkey').hidden = !factors.includes('passkey');
    step('step-factor');
  } else if (next === 'password') step('step-password');
  else location.assign(next === 'enroll' ? '/account#enroll' : wanted());
}

async function byPasskey() {
  const options = await ask('POST', '/sign-in/passkey/options', {});
  const credential = await usePasskey(options);
  const answer = await ask('POST', '/sign-in/passkey', { credential });
  go(answer.next, answer.factors ?? []);
}

async function showProviders() {
  const { value } = await ask('GET', '/sign-in/providers');
  at('providers').replaceChildren(...value.map((provider) => {
    const link = document.createElement('a');
    link.className = 'button full';
    link.href = `/api/v1/sign-in/oidc/${encodeURIComponent(provider.id)}?to=${encodeURIComponent(wanted())}`;
    link.textContent = t('console.sign-in.with', provider.displayName);
    return link;
  }));
}

start(async () => {
  onSubmit(at('form-name'), async () => {
    const answer = await ask('POST', '/sign-in', { userName: at('user-name').value, password: at('password').value });
    at('password').value = '';
    sessionStorage.setItem('userName', at('user-name').value);
    go(answer.next, answer.factors ?? []);
  });
  onSubmit(at('form-code'), async () => {
    const answer = await ask('POST', '/sign-in/code', { code: at('code').value.replace(/[\s-]/g, '') });
    go(answer.next, answer.factors ?? []);
  });
  onSubmit(at('form-change'), async () => {
    const newPassword = agreed(at('form-change'), at('new-password'), at('new-again'));
    await ask('POST', '/me/password', { newPassword });
    location.assign(wanted());
  });
  at('passkey').addEventListener('click', () => guarded(at('passkey'), at('form-name'), byPasskey));
  at('factor-passkey').addEventListener('click', () => guarded(at('factor-passkey'), at('form-code'), byPasskey));
  at('again').addEventListener('click', () => location.reload());
  passwordRules(at('new-password'), at('rules-change'), await ask('GET', '/sign-in/rules'));
  at('user-name').focus();
  await showProviders();
});
