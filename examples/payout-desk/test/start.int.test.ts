import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { afterEach, describe, expect, it } from 'vitest';

const EXAMPLES = fileURLToPath(new URL('../..', import.meta.url));
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

const stopAfterTest: (() => void)[] = [];
afterEach(() => stopAfterTest.splice(0).forEach((stop) => stop()));

async function listen(port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(port);
  await once(server, 'listening');
  stopAfterTest.push(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listen();
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a program as `pnpm start` does, in an environment that says nothing else. */
function run(program: string, environment: Record<string, string | number>, ...args: string[]) {
  const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
  const child: ChildProcess = spawn(process.execPath, [`${EXAMPLES}${program}`, ...args], { env });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output.text += String(chunk)));
  const exit = once(child, 'exit').then(([code]) => ({ code: code as number | null, output: output.text }));
  const says = async (text: string): Promise<void> => {
    while (!output.text.includes(text)) await Promise.race([once(child.stdout!, 'data'), failOnExit()]);
  };
  const failOnExit = async (): Promise<never> => {
    throw new Error(`ended with: ${(await exit).output}`);
  };
  stopAfterTest.push(() => void child.kill('SIGKILL'));
  return { child, exit, says };
}

async function freePorts(): Promise<Record<'ISSUER_PORT' | 'EXPRESS_PORT' | 'KOA_PORT', number>> {
  return { ISSUER_PORT: await freePort(), EXPRESS_PORT: await freePort(), KOA_PORT: await freePort() };
}

describe('start', () => {
  it('walks the whole way once and ends well', async () => {
    const ports = await freePorts();
    const { code, output } = await run('payout-desk/dist/main.js', ports, '--once').exit;
    expect(output).toMatch(/SMS +\d{6} is the OTP to verify your mobile number\./);
    expect(output).toContain(`payout    POST http://localhost:${ports.EXPRESS_PORT}/payouts  201 payout `);
    expect(output).toContain(`again     POST http://localhost:${ports.EXPRESS_PORT}/payouts  401 otp_token_used`);
    expect(output).toContain(`elsewhere POST http://localhost:${ports.KOA_PORT}/payouts  401 otp_token_used`);
    expect(code).toBe(0);
  });

  it.each(['ISSUER_PORT', 'EXPRESS_PORT', 'KOA_PORT'] as const)(
    'says which port is taken and that %s moves it',
    async (setting) => {
      const { port } = await listen();
      const { code, output } = await run('payout-desk/dist/main.js', { ...(await freePorts()), [setting]: port }).exit;
      expect(output).toContain(`Port ${port} is taken`);
      expect(output).toContain(setting);
      expect(output).not.toContain('    at ');
      expect(code).toBe(1);
    },
  );

  it('refuses a port that is none', async () => {
    const { code, output } = await run('payout-desk/dist/main.js', { ISSUER_PORT: 'http' }).exit;
    expect(output).toBe('ISSUER_PORT must be a port from 1 to 65535.\n');
    expect(code).toBe(1);
  });
});

describe.each(['express', 'koa', 'fastify', 'hono', 'opentelemetry'])('the %s payout service, alone', (name) => {
  const issuer = createTestIssuer({ algorithm: 'HS256' });
  const environment = {
    VERIFIED_MOBILE_ISSUER: issuer.issuer,
    VERIFIED_MOBILE_AUDIENCE: issuer.audience,
    VERIFIED_MOBILE_SECRET: Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'),
  };

  const pay = async (port: number, token: string, body: unknown = PAYOUT) => {
    const headers = { 'content-type': 'application/json', 'otp-verification-token': token };
    const response = await fetch(`http://localhost:${port}/payouts`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  };

  const start = async (port: number) => {
    const service = run(`${name}/dist/server.js`, { ...environment, PORT: port });
    await service.says(`http://localhost:${port}/payouts`);
    return service;
  };

  it('pays once on a token issued right after it started', async () => {
    const port = await freePort();
    await start(port);
    const token = issuer.mint();
    const [first, second] = await Promise.all([pay(port, token), pay(port, token)]);
    expect(new Set([first.status, second.status])).toEqual(new Set([201, 401]));
    const { payoutId, proofId, ...rest } = JSON.parse(first.status === 201 ? first.body : second.body) as {
      payoutId: string;
      proofId: string;
    };
    expect({ payoutId, proofId }).toEqual({
      payoutId: expect.any(String) as string,
      proofId: expect.stringMatching(/^[\w-]{22}$/) as string,
    });
    expect(rest).toEqual({ ...PAYOUT, mobile: '+919002336768' });
  });

  it('does not pay again on a token that was used before it was killed', async () => {
    const port = await freePort();
    const service = await start(port);
    const token = issuer.mint();
    expect((await pay(port, token)).status).toBe(201);
    service.child.kill('SIGKILL');
    await service.exit;
    await start(port);
    expect(await pay(port, token)).toMatchObject({ status: 401 });
  });

  it('answers a body that is no JSON with 400, without a stack or the body', async () => {
    const port = await freePort();
    const service = await start(port);
    const answer = await pay(port, issuer.mint(), '{"otp": LEAK');
    service.child.kill();
    const { output } = await service.exit;
    expect(answer.status).toBe(400);
    for (const text of [answer.body, output]) expect(text).not.toMatch(/LEAK|at .*js:/);
  });

  it('does not start without its issuer, and says what to set', async () => {
    const { code, output } = await run(`${name}/dist/server.js`, { ...environment, VERIFIED_MOBILE_ISSUER: '' }).exit;
    expect(output).toMatch(/^VERIFIED_MOBILE_ISSUER is not set\. Set it to .+\n$/);
    expect(code).toBe(1);
  });

  it('does not start on a taken port, and says how to move', async () => {
    const { port } = await listen();
    const { code, output } = await run(`${name}/dist/server.js`, { ...environment, PORT: port }).exit;
    expect(output).toMatch(new RegExp(`^Port ${port} is taken\\. .*PORT`));
    expect(code).toBe(1);
  });
});
