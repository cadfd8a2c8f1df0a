import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../packages/test-support/src/free-port.ts';
import { type RunningProgram, startProgram } from '../../packages/test-support/src/program.ts';
import { blocksOf, type CodeBlock } from './documentation/blocks.ts';
import { consumerFolder, packagesIn } from './documentation/consumer-folder.ts';
import { ROOT } from './workspace.ts';

const PAGES = 'packages/core/docs';

const asItIs = (code: string): string => code;

type Run = (file: string, variables?: Record<string, string>, ...args: string[]) => RunningProgram;

/** Runs files of a page, written into a folder as its reader has it; everything is gone afterwards. */
async function inFolder(
  blocks: readonly CodeBlock[],
  change: (code: string) => string,
  body: (run: Run) => Promise<void>,
): Promise<void> {
  const files = blocks.filter(({ name }) => name !== '');
  const folder = consumerFolder(packagesIn(files.map(({ code }) => code).join('\n')));
  const programs: RunningProgram[] = [];
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    for (const { name, code } of files) writeFileSync(join(folder, name), change(code));
    await body((file, variables = {}, ...args) => {
      const program = startProgram(join(folder, file), variables, ...args);
      programs.push(program);
      return program;
    });
  } finally {
    for (const { child } of programs) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('guard-a-payout.md', () => {
  const blocks = blocksOf(ROOT, `${PAGES}/guard-a-payout.md`);
  const servers = blocks.map(({ name }) => name).filter((name) => name.startsWith('server'));
  /** What the page says that its reader sees. */
  const promised = blocks.find(({ language }) => language === 'text')?.code;

  it('has a service for each framework, that compares mobile and transaction', () => {
    expect(servers).toEqual(['server.js', 'server-koa.js', 'server-fastify.js', 'server-hono.js']);
    for (const { name, code } of blocks.filter((block) => servers.includes(block.name))) {
      for (const option of ['expectMobile', 'transaction', 'idempotencyKey']) {
        expect(`${name}\n${code}`).toMatch(new RegExp(`^  ${option}: `, 'm'));
      }
    }
  });

  it.concurrent.each(servers)('leads from an empty folder to a payout that is made once: %s', async (server) => {
    const ports = { '4000': await freePort(), '3000': await freePort() };
    const move = (code: string): string =>
      code.replaceAll(/\b[34]000\b/g, (port) => String(ports[port as keyof typeof ports]));
    const issuer = `http://localhost:${ports['4000']}`;
    await inFolder(blocks, move, async (run) => {
      await run('issuer.js').says('Sandbox: ');
      const settings = {
        VERIFIED_MOBILE_ISSUER: issuer,
        VERIFIED_MOBILE_AUDIENCE: 'payouts',
        VERIFIED_MOBILE_JWKS_URL: `${issuer}/.well-known/jwks.json`,
      };
      await run(server, settings).says('Payouts: ');
      const { child, output } = run('pay.js');
      await once(child, 'close');
      // The SMS has a code, and the sandbox's signature on a line of its own.
      const said = output()
        .replace(/^\d{6}/, '…')
        .replace(/\n- .*/, '');
      expect(said).toBe(promised);
    });
  });
});

it('test-your-routes.md has tests that pass', async () => {
  const tests = blocksOf(ROOT, `${PAGES}/test-your-routes.md`).find(({ language }) => language === 'ts');
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const runner = {
    ...tests!,
    name: 'run.js',
    code: `process.chdir(import.meta.dirname);\nawait import('${vitest}');\n`,
  };
  await inFolder([{ ...tests!, name: 'routes.test.ts' }, runner], asItIs, async (run) => {
    const { PATH = '' } = process.env;
    const { output, exit } = run('run.js', { PATH }, 'run', '--no-color');
    expect(await exit).toMatchObject({ code: 0 });
    await expect.poll(output).toMatch(/Tests {2}7 passed \(7\)/);
  });
});

it('jest-and-commonjs.md is right that require() loads the packages', async () => {
  const [block] = blocksOf(ROOT, `${PAGES}/jest-and-commonjs.md`);
  const code = `${block!.code}const { createTestIssuer } = require('@verified-mobile/core/testing');
console.log(typeof requireVerifiedMobile, typeof createTestIssuer);`;
  await inFolder([{ ...block!, name: 'service.cjs', code }], asItIs, async (run) => {
    const { output } = run('service.cjs');
    await expect.poll(output).toContain('function function');
  });
});
