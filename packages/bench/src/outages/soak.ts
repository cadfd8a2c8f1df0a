import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '@verified-mobile/test-support/history';
import { audit, type Findings } from './audit.ts';
import { Balancer } from './balancer.ts';
import { readLedgers } from './ledgers.ts';
import { Load } from './load.ts';
import { goThroughOne, type OutageTimes, type Meanwhile } from './one-outage.ts';
import type { Outage } from './outages.ts';
import { type CustomersRecord, emptyRecord } from './record.ts';
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

/** Runs the load and the outages, ends the nodes, and holds everything against the ledgers. */
export async function soak(plan: SoakPlan): Promise<SoakResult> {
  const stage = await setStage(DISK_MEGABYTES + Math.ceil(plan.minutes) * DISK_MEGABYTES_A_MINUTE);
  const balancer = new Balancer(stage.nodes);
  plan.signal.addEventListener('abort', () => balancer.stop(), { once: true });
  try {
    return await soakOn(stage, balancer, plan);
  } finally {
    balancer.stop();
    await stage.close();
  }
}

async function soakOn(stage: Stage, balancer: Balancer, plan: SoakPlan): Promise<SoakResult> {
  const { nodes, inbox } = stage;
  const readyAt = await Promise.all(nodes.map(async (node) => balancer.until(node, true)));
  plan.signal.throwIfAborted();
  if (readyAt.includes(undefined)) throw new Error('A node did not get ready within a minute.');
  balancer.excuse([]);
  const record = emptyRecord();
  const load = new Load({ balancer, inbox, record, random: seededRandom('outages') }, plan.customersPerSecond);
  let times: OutageTimes[];
  try {
    times = await goThrough(plan, { stage, load, balancer, record, signal: plan.signal });
    await load.end();
  } finally {
    load.stop();
  }
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

interface Running extends Meanwhile {
  readonly stage: Stage;
  readonly load: Load;
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
