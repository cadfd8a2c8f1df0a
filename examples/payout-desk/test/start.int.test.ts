import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { freePort } from '@verified-mobile/test-support/free-port';
import { runProgram } from '@verified-mobile/test-support/program';
import { takenPort } from '@verified-mobile/test-support/taken-port';

const EXAMPLES = fileURLToPath(new URL('../..', import.meta.url));
const DESK = `${EXAMPLES}payout-desk/dist/main.js`;
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

async function freePorts(): Promise<Record<'ISSUER_PORT' | 'EXPRESS_PORT' | 'KOA_PORT', number>> {
  return { ISSUER_PORT: await freePort(), EXPRESS_PORT: await freePort(), KOA_PORT: await freePort() };
}

describe('start', () => {
  it('walks the whole way once and ends well', async () => {
    const ports = await freePorts();
    const { code, output } = await runProgram(DESK, ports, '--once').exit;
    expect(output).toMatch(/SMS +\d{6} is the OTP to verify your mobile number\./);
    expect(output).toContain(`payout    POST http://localhost:${ports.EXPRESS_PORT}/payouts  201 payout `);
    expect(output).toContain(`again     POST http://localhost:${ports.EXPRESS_PORT}/payouts  401 otp_token_used`);
    expect(output).toContain(`elsewhere POST http://localhost:${ports.KOA_PORT}/payouts  401 otp_token_used`);
    expect(code).toBe(0);
  });

  it.each(['ISSUER_PORT', 'EXPRESS_PORT', 'KOA_PORT'] as const)(
    'says which port is taken and that %s moves it',
    async (setting) => {
      const port = await takenPort();
      const { code, output } = await runProgram(DESK, { ...(await freePorts()), [setting]: port }).exit;
      expect(output).toContain(`Port ${port} is taken`);
      expect(output).toContain(setting);
      expect(output).not.toContain('    at ');
      expect(code).toBe(1);
    },
  );

  it('refuses a port that is none', async () => {
    const { code, output } = await runProgram(DESK, { ISSUER_PORT: 'http' }).exit;
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
    const service = runProgram(`${EXAMPLES}${name}/dist/server.js`, { ...environment, PORT: port });
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
    const { code, output } = await runProgram(`${EXAMPLES}${name}/dist/server.js`, {
      ...environment,
      VERIFIED_MOBILE_ISSUER: '',
    }).exit;
    expect(output).toMatch(/^VERIFIED_MOBILE_ISSUER is not set\. Set it to .+\n$/);
    expect(code).toBe(1);
  });

  it('does not start on a taken port, and says how to move', async () => {
    const port = await takenPort();
    const { code, output } = await runProgram(`${EXAMPLES}${name}/dist/server.js`, { ...environment, PORT: port }).exit;
    expect(output).toMatch(new RegExp(`^Port ${port} is taken\\. .*PORT`));
    expect(code).toBe(1);
  });
});
