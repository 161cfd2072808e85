// SPDX-License-Identifier: Apache-2.0
// A running `mapae serve` of a test, in a folder of its own; ended by its process id.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Server {
  constructor(mapae, ...options) {
    this.mapae = mapae;
    this.root = mkdtempSync(join(tmpdir(), 'mapae-browser-'));
    this.data = join(this.root, 'data');
    this.made = JSON.parse(this.run('init', '--format', 'json', ...options));
  }

  /** What a command of mapae on this folder says. */
  run(...words) {
    return execFileSync(this.mapae, [...words, '--data', this.data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  }

  async start(...settings) {
    const words = settings.flatMap((setting) => ['--set', setting]);
    this.process = spawn(this.mapae, ['serve', '--data', this.data, '--listen', '127.0.0.1:0', ...words],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    this.said = '';
    this.process.stderr.on('data', (piece) => { this.said = (this.said + piece).slice(-8000); });
    this.base = await new Promise((resolve, reject) => {
      createInterface(this.process.stdout).once('line', (line) => {
        const port = /https:\/\/\S*?:(\d+)/.exec(line)?.[1];
        if (port) resolve(`https://localhost:${port}`);
        else reject(new Error(`no ready line: ${line}`));
      });
      this.process.once('exit', (code) => reject(new Error(`mapae serve ended with ${code}: ${this.said}`)));
    });
    return this;
  }

  async end() {
    if (this.process.exitCode === null) {
      const gone = new Promise((resolve) => { this.process.once('exit', resolve); });
      this.process.kill('SIGTERM');
      await gone;
    }
    rmSync(this.root, { recursive: true, force: true });
    return this.process.exitCode;
  }
}
