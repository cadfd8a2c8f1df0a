import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '@verified-mobile/test-support/history';
import { audit, type Findings } from './audit.ts';
import { Balancer } from './balancer.ts';
import type { IssuerNode } from './issuer-node.ts';
import { readLedgers } from './ledgers.ts';
import { Load } from './load.ts';
import type { Outage } from './outages.ts';
import { type AskedSend, emptyRecord, type CustomersRecord } from './record.ts';
import { setStage, type Stage } from './stage.ts';

export interface SoakPlan {
  /** Rounds begin until so much time is over; the first one always does. */
  readonly minutes: number;
  readonly customersPerSecond: number;
  /** Between two outages, so that each is seen by itself. */
  readonly restMs: number;
  /** How long each outage lasts at least, in the first round, the second, and so on from the beginning. */
  readonly outageMs: readonly number[];
  readonly outagesOf: (stage: Stage, round: number) => readonly Outage[];
  readonly signal: AbortSignal;
}

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

export interface SoakResult {
  readonly record: CustomersRecord;
  readonly messages: number;
  readonly findings: Findings;
  readonly times: readonly OutageTimes[];
  readonly wrongExits: readonly string[];
  readonly falseAlarms: number;
}

/** More than a ledger grows by, so that its disk is full only when it is filled. */
const DISK_MEGABYTES = 16;
const DISK_MEGABYTES_A_MINUTE = 6;
const GIVES_UP_AFTER_MS = 60_000;
const LOOKS_AGAIN_AFTER_MS = 20;

/** Runs the load and the outages, ends the nodes, and holds everything against the ledgers. */
export async function soak(plan: SoakPlan): Promise<SoakResult> {
  const stage = await setStage(DISK_MEGABYTES + Math.ceil(plan.minutes) * DISK_MEGABYTES_A_MINUTE);
  const balancer = new Balancer(stage.nodes);
  try {
    return await soakOn(stage, balancer, plan);
  } finally {
    balancer.stop();
    await stage.close();
  }
}

async function soakOn(stage: Stage, balancer: Balancer, plan: SoakPlan): Promise<SoakResult> {
  const { nodes, inbox } = stage;
  await Promise.all(nodes.map(async (node) => balancer.until(node, true)));
  balancer.excuse([]);
  const record = emptyRecord();
  const load = new Load({ balancer, inbox, record, random: seededRandom('outages') }, plan.customersPerSecond);
  const times = await goThrough(plan, { stage, balancer, load, record });
  await load.end();
  balancer.excuse(nodes);
  await Promise.all(nodes.map(async (node) => node.terminate()));
  return {
    record,
    messages: inbox.messages.length,
    findings: audit(record, inbox.messages, await readLedgers(stage)),
    times,
    wrongExits: nodes.flatMap(({ wrongExits }) => wrongExits),
    falseAlarms: balancer.falseAlarms,
  };
}

interface Running {
  readonly stage: Stage;
  readonly balancer: Balancer;
  readonly load: Load;
  readonly record: CustomersRecord;
}

async function goThrough(plan: SoakPlan, running: Running): Promise<OutageTimes[]> {
  const { minutes, restMs, outageMs, outagesOf, signal } = plan;
  const times: OutageTimes[] = [];
  const endsAt = Date.now() + minutes * 60_000;
  for (let round = 0; round === 0 || Date.now() < endsAt; round += 1) {
    for (const outage of outagesOf(running.stage, round)) {
      await pause(restMs, undefined, { signal });
      running.load.check();
      times.push(await goThroughOne(outage, outageMs[round % outageMs.length]!, running));
    }
  }
  await pause(restMs, undefined, { signal });
  return times;
}

async function goThroughOne(outage: Outage, outageMs: number, running: Running): Promise<OutageTimes> {
  const { balancer, record } = running;
  const { name, concerned } = outage;
  await outage.prepare?.();
  balancer.excuse(concerned);
  const beganAt = Date.now();
  const told = Promise.all(concerned.map(async (node) => balancer.until(node, false)));
  await outage.begin();
  const [toldAt] = await Promise.all([told, pause(outageMs)]);
  await outage.end();
  const endedAt = Date.now();
  const ready = Promise.all(concerned.map(async (node) => balancer.until(node, true)));
  const sending = Promise.all(concerned.map(async (node) => firstSend(node, endedAt, record)));
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
async function firstSend({ name }: IssuerNode, after: number, { sends }: CustomersRecord): Promise<number | undefined> {
  while (Date.now() < after + GIVES_UP_AFTER_MS) {
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
