// SPDX-License-Identifier: Apache-2.0
// Saying in TAP what was found.
import process from 'node:process';

const results = [];

export function check(name, condition, detail = '') {
  results.push({ name, passed: Boolean(condition), detail: typeof detail === 'string' ? detail : JSON.stringify(detail) });
}

export function done() {
  console.log(`1..${results.length}`);
  results.forEach(({ name, passed, detail }, i) => {
    console.log(`${passed ? 'ok' : 'not ok'} ${i + 1} - ${name}`.replaceAll('#', '\\#'));
    if (!passed) for (const line of detail.split('\n')) console.log(`# ${line}`);
  });
  process.exitCode = results.every((result) => result.passed) ? 0 : 1;
}

export function skipAll(why) {
  console.log(`1..0 # SKIP ${why}`);
}
