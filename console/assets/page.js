// SPDX-License-Identifier: Apache-2.0
// What every page needs: its language, questions to the API, and saying how it went.

let words = {};
let lang = 'en';

/** The text of a message, with {0}, {1}... filled in. */
export function t(id, ...values) {
  const text = words[id] ?? id;
  return text.replace(/\{(\d)\}/g, (slot, n) => values[n] ?? slot);
}

export const language = () => lang;

function spoken() {
  const kept = localStorage.getItem('lang');
  if (kept === 'ko' || kept === 'en') return kept;
  return navigator.languages.some((l) => l.toLowerCase().startsWith('ko')) ? 'ko' : 'en';
}

const redrawn = [];
/** Call `draw` when the language is known, and again when it changes. */
export function onWords(draw) {
  redrawn.push(draw);
}

async function speak(wanted) {
  lang = wanted;
  const answer = await fetch(`/assets/strings.${lang}.json`);
  words = await answer.json();
  document.documentElement.lang = lang;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  for (const button of document.querySelectorAll('[data-lang]'))
    button.setAttribute('aria-pressed', String(button.dataset.lang === lang));
  for (const draw of redrawn) draw();
}

/** Start a page: `run` once the words are there. */
export async function start(run) {
  for (const button of document.querySelectorAll('[data-lang]')) {
    button.addEventListener('click', () => {
      localStorage.setItem('lang', button.dataset.lang);
      speak(button.dataset.lang);
    });
  }
  await speak(spoken());
  await run();
}

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.code = problem.code;
    this.retry = problem.retryAfter;
  }
}

/** Ask the API. A refusal throws Refused, with the server's sentence in the reader's language. */
export async function ask(method, path, body) {
  const headers = { 'Accept-Language': lang, Accept: 'application/json' };
  const csrf = sessionStorage.getItem('csrf');
  if (csrf) headers['X-CSRF-Token'] = csrf;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: 'same-origin',
    });
  } catch {
    throw new Refused(0, { detail: t('console.unreachable') });
  }
  const text = await answer.text();
  const value = text && /json/.test(answer.headers.get('Content-Type') ?? '') ? JSON.parse(text) : {};
  if (!answer.ok) throw new Refused(answer.status, { ...value, retryAfter: answer.headers.get('Retry-After') });
  if (value.csrf) sessionStorage.setItem('csrf', value.csrf);
  return value;
}

/** Say `text` in the box of a form (or in the box itself); nothing hides it. */
export function say(where, text, kind = 'bad') {
  const box = where.matches('.say') ? where : where.querySelector('.say');
  box.hidden = !text;
  box.className = `say ${kind}`;
  box.textContent = text ?? '';
}

/** Do `work` when the form is sent: its button waits, what goes wrong is said in the form. */
export function onSubmit(form, work) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await guarded(form.querySelector('button:not([type="button"])'), form, work);
  });
}

export async function guarded(button, where, work) {
  say(where, null);
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused) say(where, error.retry ? `${error.message} ${t('console.retry', error.retry)}` : error.message);
    else if (error.name === 'NotAllowedError' || error.name === 'AbortError') say(where, t('console.passkey.cancelled'));
    else {
      say(where, t('console.unexpected'));
      throw error;
    }
  } finally {
    button.disabled = false;
  }
}

/** Show one of several steps and go to its first field. */
export function step(id) {
  for (const card of document.querySelectorAll('main > .card[id]')) card.hidden = card.id !== id;
  document.querySelector(`#${id} input, #${id} button`)?.focus();
}

export function when(text) {
  return new Date(text).toLocaleString(lang === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}

// ---- passwords ----

/** The list of rules below a field, each marked when it is met; the server decides in the end. */
export function passwordRules(input, list, rules) {
  const classes = (text) => [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((part) => part.test(text)).length;
  const draw = () => {
    const text = input.value;
    const long = [...text].length >= rules.minLength && classes(text) >= rules.minClasses;
    const short = [...text].length >= rules.shortLength && classes(text) >= rules.shortClasses;
    list.replaceChildren(...[
      [t('console.rule.length', rules.minLength, rules.minClasses, rules.shortLength, rules.shortClasses), long || short],
      [t('console.rule.others'), false],
    ].map(([text_, met]) => {
      const item = document.createElement('li');
      item.textContent = text_;
      item.className = met ? 'met' : '';
      return item;
    }));
  };
  input.addEventListener('input', draw);
  onWords(draw);
  draw();
}

/** The new password, when it was typed the same way twice. */
export function agreed(form, first, second) {
  if (first.value === second.value && first.value) return first.value;
  second.setAttribute('aria-invalid', 'true');
  second.addEventListener('input', () => second.removeAttribute('aria-invalid'), { once: true });
  throw new Refused(0, { detail: t('console.password.differ') });
}

// ---- passkeys: what the API speaks is base64url, what the browser speaks is bytes ----

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

const keys = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

export async function createPasskey(options) {
  const made = await navigator.credentials.create({ publicKey: {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: keys(options.excludeCredentials),
  } });
  return { id: made.id, rawId: text(made.rawId), type: made.type, response: {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
  } };
}

export async function usePasskey(options) {
  const used = await navigator.credentials.get({ publicKey: {
    ...options, challenge: bytes(options.challenge), allowCredentials: keys(options.allowCredentials),
  } });
  return { id: used.id, rawId: text(used.rawId), type: used.type, response: {
    clientDataJSON: text(used.response.clientDataJSON),
    authenticatorData: text(used.response.authenticatorData),
    signature: text(used.response.signature),
    userHandle: used.response.userHandle ? text(used.response.userHandle) : null,
  } };
}
