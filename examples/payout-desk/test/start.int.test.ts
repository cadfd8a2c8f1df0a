import { createOtpClient } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { describe, expect, it } from 'vitest';
import { freePort } from '@verified-mobile/test-support/free-port';
import { runProgram } from '@verified-mobile/test-support/program';
import { takenPort } from '@verified-mobile/test-support/taken-port';
import { DESK } from './support/page-under-test.ts';

async function freePorts(): Promise<Record<'ISSUER_PORT' | 'EXPRESS_PORT' | 'KOA_PORT', number>> {
  return { ISSUER_PORT: await freePort(), EXPRESS_PORT: await freePort(), KOA_PORT: await freePort() };
}

describe('start', () => {
  it('walks the whole way once and ends well', async () => {
    const ports = await freePorts();
    const { code, output } = await runProgram(DESK, ports, '--once').exit;
    expect(output).toMatch(/SMS +\d{6} is the OTP to pay INR 2500 to 026291800001191\./);
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

  it('listens on the loopback address alone, unless SANDBOX_HOST names another one', async () => {
    for (const [host, outcome] of [
      [undefined, 'refused'],
      ['0.0.0.0', 'answered'],
    ] as const) {
      const ports = await freePorts();
      const desk = runProgram(DESK, { ...ports, ...(host !== undefined && { SANDBOX_HOST: host }) });
      await desk.says('Ctrl+C ends it');
      for (const port of Object.values(ports)) {
        expect(await outcomeOf(`http://127.0.0.1:${port}/`)).toBe('answered');
        // Another address of this machine, as one of its network would be.
        expect(await outcomeOf(`http://127.0.0.2:${port}/`)).toBe(outcome);
      }
    }
  });

  it('says so if SANDBOX_HOST is no address of this machine', async () => {
    const { code, output } = await runProgram(DESK, { ...(await freePorts()), SANDBOX_HOST: '192.0.2.1' }).exit;
    expect(output).toContain('Set SANDBOX_HOST to an address of this machine.');
    expect(code).toBe(1);
  });

  it("has both services follow the sandbox's clock, and their decisions among its events", async () => {
    const ports = await freePorts();
    const desk = runProgram(DESK, ports);
    await desk.says('Ctrl+C ends it');
    const issuerUrl = `http://localhost:${ports.ISSUER_PORT}`;
    const pay = async (port: number, token: string): Promise<unknown> => {
      const response = await fetch(`http://localhost:${port}/payouts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'otp-verification-token': token },
        body: '{"amount":2500,"account":"026291800001191"}',
      });
      return ((await response.json()) as { code?: string }).code;
    };
    const token = await tokenOf(issuerUrl, '9876543210');
    const moved = await fetch(`${issuerUrl}/sandbox/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"advanceSeconds":301}',
    });
    expect(moved.status).toBe(200);
    const codes = [await pay(ports.EXPRESS_PORT, token), await pay(ports.KOA_PORT, token)];
    expect(codes).toEqual(['otp_token_expired', 'otp_token_expired']);
    expect(await pay(ports.KOA_PORT, await tokenOf(issuerUrl, '9876543210'))).toBe(undefined);
    const events = (await fetch(`${issuerUrl}/sandbox/events`)).body!.getReader();
    const remembered = new TextDecoder().decode((await events.read()).value);
    await events.cancel();
    expect(remembered.match(/^event: decision$/gm)).toHaveLength(3);
    expect(remembered.match(/"code":"otp_token_expired"/g)).toHaveLength(2);
  });

  it('refuses a port that is none', async () => {
    const { code, output } = await runProgram(DESK, { ISSUER_PORT: 'http' }).exit;
    expect(output).toBe('ISSUER_PORT must be a port from 1 to 65535.\n');
    expect(code).toBe(1);
  });
});

async function outcomeOf(url: string): Promise<'answered' | 'refused'> {
  try {
    await (await fetch(url)).body?.cancel();
    return 'answered';
  } catch {
    return 'refused';
  }
}

async function tokenOf(issuerUrl: string, mobile: string): Promise<string> {
  const { audience: _audience, cspId, ...account } = SANDBOX_CREDENTIALS;
  const client = createOtpClient({ ...account, baseUrl: `${issuerUrl}/ekoapi/v3` });
  const transaction = { amount: 2500, currency: 'INR', payee: '026291800001191' };
  await client.sendOtp({ mobile, cspId, transaction });
  const answer = await fetch(`${issuerUrl}/sandbox/messages?mobile=${mobile}`);
  const { messages } = (await answer.json()) as { messages: { text: string }[] };
  return (await client.verifyOtp({ mobile, otp: messages[0]!.text.slice(0, 6) })).token;
}
