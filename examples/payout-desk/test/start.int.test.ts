import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePort } from '@verified-mobile/test-support/free-port';
import { runProgram } from '@verified-mobile/test-support/program';
import { takenPort } from '@verified-mobile/test-support/taken-port';

const DESK = fileURLToPath(new URL('../dist/main.js', import.meta.url));

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
