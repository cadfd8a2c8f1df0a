import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { describe, expect, it, type TestContext } from 'vitest';
import { freePort } from './free-port.ts';
import { type RunningProgram, startProgram } from './program.ts';
import { takenPort } from './taken-port.ts';

const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

/** What every payout service among the examples does, as a program of its own. */
export function describePayoutService(name: string, url: URL): void {
  const program = fileURLToPath(url);
  // At the same time, for a service waits at its start until its store can vouch for new tokens.
  describe.concurrent(`the payout service on ${name}`, () => {
    const issuer = createTestIssuer({ algorithm: 'HS256' });
    const environment = {
      VERIFIED_MOBILE_ISSUER: issuer.issuer,
      VERIFIED_MOBILE_AUDIENCE: issuer.audience,
      VERIFIED_MOBILE_SECRET: Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'),
    };

    const run = ({ onTestFinished }: TestContext, changes: Record<string, string | number>): RunningProgram => {
      const service = startProgram(program, { ...environment, ...changes });
      onTestFinished(() => void service.child.kill('SIGKILL'));
      return service;
    };
    const start = async (context: TestContext, port: number): Promise<RunningProgram> => {
      const service = run(context, { PORT: port });
      await service.says(`http://localhost:${port}/payouts`);
      return service;
    };

    it('pays once on a token issued right after it started', async (context) => {
      const port = await freePort();
      await start(context, port);
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

    it('does not pay again on a token that was used before it was killed, dated by a clock ahead or not', async (context) => {
      const port = await freePort();
      const service = await start(context, port);
      const ahead = Math.floor(Date.now() / 1000) + 4;
      const tokens = [issuer.mint(), issuer.mint({ claims: { iat: ahead, exp: ahead + 300 } })];
      for (const token of tokens) expect((await pay(port, token)).status).toBe(201);
      service.child.kill('SIGKILL');
      await service.exit;
      await start(context, port);
      for (const token of tokens) expect(await pay(port, token)).toMatchObject({ status: 401 });
    });

    it('answers a body that is no JSON with 400, without a stack or the body', async (context) => {
      const port = await freePort();
      const service = await start(context, port);
      const answer = await pay(port, issuer.mint(), '{"otp": LEAK');
      service.child.kill();
      const { output } = await service.exit;
      expect(answer.status).toBe(400);
      for (const text of [answer.body, output]) expect(text).not.toMatch(/LEAK|at .*js:/);
    });

    it('does not start without its issuer, and says what to set', async (context) => {
      const { code, output } = await run(context, { VERIFIED_MOBILE_ISSUER: '' }).exit;
      expect(output).toMatch(/^VERIFIED_MOBILE_ISSUER is not set\. Set it to .+\n$/);
      expect(code).toBe(1);
    });

    it('does not start on a taken port, and says how to move', async (context) => {
      const port = await takenPort();
      const { code, output } = await run(context, { PORT: port }).exit;
      expect(output).toMatch(new RegExp(`^Port ${port} is taken\\. .*PORT`));
      expect(code).toBe(1);
    });
  });
}

async function pay(port: number, token: string, body: unknown = PAYOUT): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'application/json', 'otp-verification-token': token };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://localhost:${port}/payouts`, { method: 'POST', headers, body: text });
  return { status: response.status, body: await response.text() };
}
