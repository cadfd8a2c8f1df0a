import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startDesk } from './support/page-under-test.ts';

const TOOLS = ['bash', 'curl', 'openssl'];
const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const ENTITIES: Record<string, string> = { '&#39;': "'", '&quot;': '"', '&lt;': '<', '&gt;': '>', '&amp;': '&' };

it.skipIf(missing.length > 0 && !process.env['CI'])(
  `pays once by the commands of /endpoints, on Express and not again on Koa (needs ${TOOLS.join(', ')})`,
  async () => {
    const desk = await startDesk();
    onTestFinished(() => void desk.program.child.kill());
    const page = await (await fetch(`${desk.url}endpoints`)).text();
    const blocks = [...page.matchAll(/<pre>([^]*?)<\/pre>/g)].map(([, block = '']) => block);
    const commands = blocks.join('\n').replaceAll(/&[#0-9a-z]+;/g, (entity) => ENTITIES[entity] ?? entity);
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-eu', '-c', commands]);
    expect(stdout.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 401']);
    expect(stdout).toContain('"code":"otp_token_used"');
  },
);
