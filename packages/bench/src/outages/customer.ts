import { setTimeout as pause } from 'node:timers/promises';
import type { Balancer } from './balancer.ts';
import { askConsume, askSend, askVerify, type CallResult } from './calls.ts';
import type { IssuerNode } from './issuer-node.ts';
import type { CustomersRecord } from './record.ts';
import type { HandedOverSms, SmsInbox } from './sms-inbox.ts';

/** What customers meet. */
export interface Surroundings {
  readonly balancer: Balancer;
  readonly inbox: SmsInbox;
  readonly record: CustomersRecord;
  /** From 0 to 1. */
  readonly random: () => number;
}

const TRIES_AGAIN_AFTER_MS = 500;
const GIVES_UP_AFTER_MS = 20_000;
/** Later than the ten seconds for which a right code gets its token again: from then on nothing may pass. */
const COMES_BACK_AFTER_MS = 12_000;
/** Some read the SMS at once, and some look for their glasses. */
const SLOWEST_READER_MS = 10_000;
const FIRST_PREFIX = 6000;
const PREFIXES = 4000;

interface Customer {
  readonly mobile: string;
  readonly clientRefId: string;
}

/** Send, Verify and Consume with a mobile of its own, with the mistakes and repetitions that there are in the field. */
export async function serveCustomer(number: number, surroundings: Surroundings): Promise<void> {
  // Over all prefixes: many sends to few of them look like SMS pumping.
  const mobile = `${FIRST_PREFIX + (number % PREFIXES)}${String(Math.floor(number / PREFIXES)).padStart(6, '0')}`;
  const customer = { mobile, clientRefId: `order-${number}` };
  const { balancer, inbox, record, random } = surroundings;
  if (balancer.pick() === undefined) {
    record.turnedAway += 1;
    return;
  }
  if (!(await send(customer, surroundings))) return;
  const sms = await inbox.newestTo(mobile);
  if (sms === undefined) {
    record.acceptedWithoutSms += 1;
    return;
  }
  if (random() < 0.2 && !(await send(customer, surroundings))) return;
  if (random() < 0.3) await pause(random() * SLOWEST_READER_MS);
  await useCode(customer, sms, surroundings);
}

async function useCode(customer: Customer, sms: HandedOverSms, surroundings: Surroundings): Promise<void> {
  const { random } = surroundings;
  const tryCode = async (): Promise<string | undefined> => verify(customer, sms, surroundings);
  if (random() < 0.2) await guess(customer, sms.code, surroundings);
  const [token] = random() < 0.3 ? await Promise.all([tryCode(), tryCode()]) : [await tryCode()];
  if (random() < 0.2) await tryCode();
  if (token !== undefined) await spend(token, customer, surroundings);
  if (random() < 0.5) return;
  await pause(COMES_BACK_AFTER_MS);
  await tryCode();
  if (token !== undefined) await consume(token, `late-${customer.clientRefId}`, surroundings);
}

/** Asks until there is an answer, each time another node if there is one, as for a client whose requests can be repeated. */
async function persist(
  { balancer }: Surroundings,
  ask: (node: IssuerNode) => Promise<CallResult>,
): Promise<CallResult | undefined> {
  const giveUpAt = Date.now() + GIVES_UP_AFTER_MS;
  let node: IssuerNode | undefined;
  while (Date.now() < giveUpAt) {
    node = balancer.pick(node);
    if (node !== undefined) {
      const result = await ask(node);
      if (result.outcome === 'accepted' || result.outcome === 'refused') return result;
    }
    await pause(TRIES_AGAIN_AFTER_MS);
  }
  return undefined;
}

async function send({ mobile, clientRefId }: Customer, surroundings: Surroundings): Promise<boolean> {
  const result = await persist(surroundings, async ({ url, name }) => {
    const sent = await askSend(url, { mobile, client_ref_id: clientRefId });
    const { outcome, data, startedAt, endedAt } = sent;
    const tid = String(data['tid'] ?? '');
    surroundings.record.sends.push({ node: name, outcome, clientRefId, tid, startedAt, endedAt });
    return sent;
  });
  return result?.outcome === 'accepted';
}

async function guess({ mobile }: Customer, code: string, surroundings: Surroundings): Promise<void> {
  const otp = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  const result = await persist(surroundings, async ({ url }) => askVerify(url, { mobile, otp }));
  if (result?.outcome === 'accepted') surroundings.record.wrongCodesAccepted += 1;
}

async function verify(
  { mobile }: Customer,
  { code: otp, challengeId }: HandedOverSms,
  surroundings: Surroundings,
): Promise<string | undefined> {
  const result = await persist(surroundings, async ({ url }) => askVerify(url, { mobile, otp }));
  if (result?.outcome !== 'accepted') return undefined;
  const token = String(result.data['otp_verification_token']);
  surroundings.record.tokens.push({ challengeId, tokenId: idOf(token) });
  return token;
}

/** For one payout, or for two at once of which one may win; then perhaps the same payout again. */
async function spend(token: string, { clientRefId }: Customer, surroundings: Surroundings): Promise<void> {
  const payout = `payout-${clientRefId}`;
  const payouts = surroundings.random() < 0.3 ? [payout, `rival-${clientRefId}`] : [payout];
  await Promise.all(payouts.map(async (one) => consume(token, one, surroundings)));
  if (surroundings.random() < 0.2) await consume(token, payout, surroundings);
}

async function consume(token: string, operation: string, surroundings: Surroundings): Promise<void> {
  await persist(surroundings, async ({ url, name: process }) => {
    const fields = { otp_verification_token: token, idempotency_key: operation };
    const result = await askConsume(url, fields);
    const { outcome, data, startedAt: start, endedAt: end } = result;
    surroundings.record.consumptions.push({
      id: idOf(token),
      operation,
      process,
      start,
      end,
      outcome: outcome === 'accepted' || outcome === 'refused' ? outcome : 'unknown',
      ...(outcome === 'accepted' && { retry: data['retry'] === true }),
    });
    return result;
  });
}

function idOf(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return String((JSON.parse(payload) as { jti?: unknown }).jti);
}
