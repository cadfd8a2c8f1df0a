import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type FetchHandler, serve } from '@verified-mobile/issuer/node';
import { createSandbox } from '@verified-mobile/issuer/sandbox';

const TOOLS = ['bash', 'curl', 'openssl'];
const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const ENTITIES: Record<string, string> = { '&#39;': "'", '&quot;': '"', '&lt;': '<', '&gt;': '>', '&amp;': '&' };

it.skipIf(missing.length > 0 && !process.env['CI'])(
  `runs the commands of its page as they stand (needs ${TOOLS.join(', ')})`,
  async () => {
    const presented: (string | null)[] = [];
    const payouts = await serve(
      (request) => {
        presented.push(new URL(request.url).search, request.headers.get('otp-verification-token'));
        return new Response('paid', { status: 201 });
      },
      { port: 0 },
    );
    // The page names its own port, and that is known only once something listens on it.
    const site: { answer?: FetchHandler } = {};
    const server = await serve(async (request) => site.answer?.(request) ?? Response.error(), { port: 0 });
    site.answer = createSandbox({ publicUrl: server.url, payoutUrls: [`${payouts.url}/payouts?payee=o'brien`] }).fetch;

    const commands = commandsOf(await (await fetch(server.url)).text());
    // Without --norc, bash takes a piped standard input for a remote login and runs the machine's own start-up files.
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-eu', '-c', commands]);
    await Promise.all([server.close(), payouts.close()]);

    expect(stderr).toBe('');
    const shown = [
      'OTP has been sent',
      'is the OTP to pay INR 2500 to 026291800001191.',
      'OTP verification successful.',
      'OTP verification token is valid.',
      'paid',
    ];
    expect(shown.filter((text) => !stdout.includes(text))).toEqual([]);
    expect(presented).toEqual(['?payee=o%27brien', expect.stringMatching(/^eyJ0eXAiOiJKV1QiL[^"]+$/)]);
  },
);

function commandsOf(page: string): string {
  const blocks = [...page.matchAll(/<pre>([^]*?)<\/pre>/g)].map(([, block = '']) => block);
  return blocks.join('\n').replaceAll(/&[#0-9a-z]+;/g, (entity) => ENTITIES[entity] ?? entity);
}
