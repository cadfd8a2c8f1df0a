import { setTimeout as pause } from 'node:timers/promises';
import type { Balancer } from './balancer.ts';
import type { IssuerNode } from './issuer-node.ts';
import type { Outage } from './outages.ts';
import type { AskedSend, CustomersRecord } from './record.ts';

/** How one outage went, in seconds; `undefined` if it had not come to that after a minute. */
export interface OutageTimes {
  readonly name: string;
  /** From its beginning until the last node concerned said that it is not ready. */
  readonly toldAfter: number | undefined;
  /** From its end until the last one said that it is ready. */
  readonly readyAfter: number | undefined;
  /** From its end until each of them had accepted a send. */
  readonly sendsAfter: number | undefined;
  readonly sends: readonly AskedSend[];
}

/** What goes on during an outage. */
export interface Meanwhile {
  readonly balancer: Balancer;
  readonly record: CustomersRecord;
  readonly signal: AbortSignal;
}

const GIVES_UP_AFTER_MS = 60_000;
const LOOKS_AGAIN_AFTER_MS = 20;

/** Begins the outage, ends it, and waits until all is as before. */
export async function goThroughOne(
  outage: Outage,
  outageMs: number,
  { balancer, record, signal }: Meanwhile,
): Promise<OutageTimes> {
  const { name, concerned } = outage;
  await outage.prepare?.();
  balancer.excuse(concerned);
  const beganAt = Date.now();
  const told = Promise.all(concerned.map(async (node) => balancer.until(node, false)));
  await outage.begin();
  const [toldAt] = await Promise.all([told, pause(outageMs, undefined, { signal })]);
  await outage.end();
  const endedAt = Date.now();
  const ready = Promise.all(concerned.map(async (node) => balancer.until(node, true)));
  const sending = Promise.all(concerned.map(async (node) => firstSend(node, endedAt, record, signal)));
  const [readyAt, sentAt] = await Promise.all([ready, sending]);
  balancer.excuse([]);
  return {
    name,
    toldAfter: secondsFrom(beganAt, toldAt),
    readyAfter: secondsFrom(endedAt, readyAt),
    sendsAfter: secondsFrom(endedAt, sentAt),
    sends: record.sends.filter(({ startedAt }) => startedAt >= beganAt),
  };
}

/** When the node first accepted a send that was asked after that moment. */
async function firstSend(
  { name }: IssuerNode,
  after: number,
  { sends }: CustomersRecord,
  signal: AbortSignal,
): Promise<number | undefined> {
  while (Date.now() < after + GIVES_UP_AFTER_MS && !signal.aborted) {
    const sent = sends.findLast((send) => send.node === name && send.outcome === 'accepted' && send.startedAt >= after);
    if (sent !== undefined) return sent.endedAt;
    await pause(LOOKS_AGAIN_AFTER_MS);
  }
  return undefined;
}

/** Until the last of these moments. */
function secondsFrom(start: number, moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length < moments.length ? undefined : (Math.max(...known) - start) / 1000;
}
