// SPDX-License-Identifier: Apache-2.0
// The page of a set-up link: a first password for the one who holds it.
import { agreed, ask, onSubmit, passwordRules, start, step } from './page.js';

const at = (id) => document.getElementById(id);

start(async () => {
  // The token stands behind '#', so no server and no log sees it; nor does the history from here on.
  const token = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  if (!token) {
    step('no-token');
    return;
  }
  onSubmit(at('form-setup'), async () => {
    const password = agreed(at('form-setup'), at('new-password'), at('new-again'));
    const answer = await ask('POST', '/sign-in/setup', { token, password });
    location.assign(answer.next === 'enroll' ? '/account#enroll' : answer.next === 'factor' ? '/sign-in' : '/account');
  });
  passwordRules(at('new-password'), at('rules-setup'), await ask('GET', '/sign-in/rules'));
  at('new-password').focus();
});
