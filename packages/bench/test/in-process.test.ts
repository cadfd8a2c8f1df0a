import { describe, expect, it } from 'vitest';
import { checkOf, cpuPerToken } from '../src/guard/in-process.ts';
import { BY_HAND, OURS, SIGNATURE } from '../src/guard/contenders.ts';
import { mint, newIssuer } from '../src/guard/keys.ts';

describe.each(['RS256', 'ES256'] as const)('a contender in process, %s', (algorithm) => {
  it.each([SIGNATURE, OURS, BY_HAND])('passes good tokens, and is stopped if it refuses one: %s', async (name) => {
    const issuer = newIssuer(algorithm);
    const check = await checkOf(name, issuer.jwk, algorithm);
    const tokens = mint(issuer, 20);
    expect(await cpuPerToken(name, check, tokens)).toBeGreaterThan(0);
    const [header, payload] = tokens[0]!.split('.');
    const forged = [header, payload, newIssuer(algorithm).mint().split('.')[2]].join('.');
    const refusing = async (token: string): Promise<boolean> => Promise.resolve(check(token)).catch(() => false);
    await expect(cpuPerToken(name, refusing, [...mint(issuer, 1), forged])).rejects.toThrow(/refused/);
  });
});
