import { cutReplication } from '@verified-mobile/test-support/redis-cluster';
import { expect } from 'vitest';
import type { IssuerUnderTest } from './issuer-under-test.ts';
import type { LineageEvent } from './lineage-events.ts';
import { follow, type LineageStage, promote, untilCaughtUp } from './lineage-stage.ts';

export const MOBILES = {
  used: '9002336701',
  guessed: '9002336702',
  replaced: '9002336703',
  waiting: '9002336704',
} as const;

export type Fates = Record<keyof typeof MOBILES, string>;
type Code = { readonly mobile: string; readonly otp: string };
type Codes = Record<keyof typeof MOBILES, Code>;

export async function sendTo(issuer: IssuerUnderTest, mobile: string): Promise<Code> {
  expect((await issuer.send({ mobile })).status).toBe(0);
  return { mobile, otp: issuer.newestCode() };
}

export async function sendToAll(issuer: IssuerUnderTest): Promise<Codes> {
  const codes: Partial<Codes> = {};
  for (const what of Object.keys(MOBILES) as (keyof Codes)[]) codes[what] = await sendTo(issuer, MOBILES[what]);
  return codes as Codes;
}

/** What becomes of each code: the reason of its refusal, or `accepted`. */
export async function fatesOf(issuer: IssuerUnderTest, codes: Codes): Promise<Fates> {
  const fates: Partial<Fates> = {};
  for (const what of Object.keys(codes) as (keyof Codes)[]) {
    const { status } = await issuer.verify(codes[what]);
    fates[what] = status === 0 ? 'accepted' : String(issuer.events.at(-1)?.reason);
  }
  return fates as Fates;
}

/** Uses one code, has one guessed at too often and one replaced, and leaves one alone. */
async function endSome(issuer: IssuerUnderTest, { used, guessed, replaced }: Codes): Promise<void> {
  expect((await issuer.verify(used)).status).toBe(0);
  const otp = guessed.otp === '000000' ? '000001' : '000000';
  for (let guesses = 0; guesses < 5; guesses += 1) await issuer.verify({ ...guessed, otp });
  await sendTo(issuer, replaced.mobile);
  // From now on the used code's answer is not repeated.
  issuer.clock.now += 11_000;
}

export async function afterEvent(
  stage: LineageStage,
  event: LineageEvent,
): Promise<{ issuer: IssuerUnderTest; codes: Codes }> {
  let codes: Codes | undefined;
  const issuer = await event.play(
    stage,
    async (before) => void (codes = await sendToAll(before)),
    async (before) => endSome(before, codes!),
  );
  await stage.untilReached();
  return { issuer, codes: codes! };
}

/** The codes are replaced on a promoted replica, and then the nodes are led back. */
export async function fatesBackAtTheFirst(stage: LineageStage): Promise<Fates> {
  const [first, second] = [await stage.server(), await stage.server()];
  await follow(second, first);
  const address = await stage.addressOf(first.port);
  const issuer = await stage.issuerAt(address.port);
  const codes = await sendToAll(issuer);
  await untilCaughtUp(second, first);
  await cutReplication(first, second);
  await promote(second);
  address.leadTo(second.port);
  await stage.untilReached();
  await sendToAll(issuer);
  address.leadTo(first.port);
  await stage.untilReached();
  return fatesOf(issuer, codes);
}

/** The code is right, and its server starts anew before it is consumed. */
export async function fateAcrossRestart(stage: LineageStage): Promise<string> {
  const restart = await withRestarts(stage);
  stage.before.consume = restart.now;
  const { status } = await restart.issuer.verify(await sendTo(restart.issuer, MOBILES.used));
  return status === 0 ? 'accepted' : String(restart.issuer.events.at(-1)?.reason);
}

/** The code is used while its SMS is handed over, which its server forgets: what becomes of it before the send ends, and after. */
export async function fatesOfUsedTooSoon(stage: LineageStage): Promise<string[]> {
  const server = await stage.server('--appendonly', 'no');
  const issuer = await stage.issuerAt(server.port);
  const verify = async (): Promise<string> => {
    const { status } = await issuer.verify({ mobile: MOBILES.used });
    return status === 0 ? 'accepted' : String(issuer.events.at(-1)?.reason);
  };
  const fates: string[] = [];
  stage.before.commitSend = async () => {
    await server.command('SAVE');
    expect(await verify()).toBe('accepted');
    await server.kill();
    await server.start();
    await stage.untilReached();
    fates.push(await verify());
  };
  await sendTo(issuer, MOBILES.used);
  return [...fates, await verify()];
}

/** An issuer on a server that loses nothing when it starts anew. */
export async function withRestarts(
  stage: LineageStage,
): Promise<{ issuer: IssuerUnderTest; now: () => Promise<void> }> {
  const server = await stage.server('--appendonly', 'yes', '--appendfsync', 'always');
  const now = async (): Promise<void> => {
    await server.kill();
    await server.start();
    await stage.untilReached();
  };
  return { issuer: await stage.issuerAt(server.port), now };
}
