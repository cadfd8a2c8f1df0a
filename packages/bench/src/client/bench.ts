import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createOtpClient, type OtpClient, signedHeaders, WIRE_PATHS } from '@verified-mobile/client';
import { createGuard, type Guard, remoteValidation } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { median, percentile } from '../statistics.ts';
import { printTable } from '../table.ts';
import { type Cost, costOf } from '../cost.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 9);
const CALLS = Number(process.env['CALLS'] ?? 2_000);
const AT_A_TIME = 8;
const SLOW_ISSUER_MS = 20;

const ACCOUNT = { developerKey: 'bench-developer-key', accessKey: 'bench-access-key', initiatorId: '9962981729' };
const MOBILE = '9002336768';
const issuer = createTestIssuer();
// Through bytes, as off the wire: the parts of a freshly joined token would be copied by its first reader, at its expense.
const mint = (count: number): string[] =>
  Array.from({ length: count }, () => Buffer.from(issuer.mint()).toString('latin1'));

/** Prints what the client costs above `fetch`, the guard above the validate call, and a dead issuer. */
export async function run(): Promise<void> {
  console.log(`Medians of ${ROUNDS} rounds of ${CALLS} calls, ${AT_A_TIME} at a time; the issuer is another process.`);
  const [stub, slowStub] = [await startStub(0), await startStub(SLOW_ISSUER_MS)];
  try {
    await compareWithFetch(stub.baseUrl);
    await compareGuard(stub.baseUrl, 'an issuer that answers at once');
    await compareGuard(slowStub.baseUrl, `an issuer that takes ${SLOW_ISSUER_MS} ms`);
    await measureDeadIssuer();
  } finally {
    for (const { child } of [stub, slowStub]) child.disconnect();
  }
}

async function startStub(delayMs: number): Promise<{ child: ChildProcess; baseUrl: string }> {
  const child = fork(fileURLToPath(new URL('issuer-stub.js', import.meta.url)), [String(delayMs)]);
  const [port] = (await once(child, 'message')) as [number];
  return { child, baseUrl: `http://127.0.0.1:${port}/ekoapi/v3` };
}

/** One sample of each contender in each round, so that other work on the machine slows them all alike. */
async function rounds<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<Cost>>>,
): Promise<Record<Name, Cost[]>> {
  const names = Object.keys(contenders) as Name[];
  const costs = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Cost[]>;
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of names) {
      const cost = await contenders[name]();
      // The first one warms up.
      if (round >= 0) costs[name].push(cost);
    }
  }
  return costs;
}

async function compareWithFetch(baseUrl: string): Promise<void> {
  const client = createOtpClient({ ...ACCOUNT, baseUrl });
  const [token = ''] = mint(1);
  const cspId = MOBILE;
  const calls: Record<string, [bare: () => Promise<unknown>, ours: () => Promise<unknown>]> = {
    'Send OTP': [
      bareFetch('POST', baseUrl + WIRE_PATHS.sendOtp, {
        initiator_id: ACCOUNT.initiatorId,
        csp_id: cspId,
        mobile: MOBILE,
      }),
      async () => client.sendOtp({ mobile: MOBILE, cspId }),
    ],
    'Verify OTP': [
      bareFetch('PUT', baseUrl + WIRE_PATHS.verifyOtp, {
        initiator_id: ACCOUNT.initiatorId,
        otp: '134021',
        mobile: MOBILE,
      }),
      async () => client.verifyOtp({ mobile: MOBILE, otp: '134021' }),
    ],
    'Validate Token': [bareFetch('GET', validateUrl(baseUrl, token)), async () => client.validateToken(token)],
  };
  const rows: string[][] = [];
  for (const [name, [bare, ours]] of Object.entries(calls)) {
    const costs = await rounds({
      bare: async () => costOf(bare, CALLS, AT_A_TIME),
      ours: async () => costOf(ours, CALLS, AT_A_TIME),
    });
    const added = differences(costs.ours, costs.bare);
    rows.push([name, cpu(costs.bare), cpu(costs.ours), median(added).toFixed(0), '≤ 100']);
  }
  printTable('The client above bare fetch, CPU µs a call', ['', 'fetch', 'client', 'added', 'goal'], rows);
}

function bareFetch(method: string, url: string, body?: object): () => Promise<unknown> {
  const headers = { ...signedHeaders(ACCOUNT), ...(body && { 'content-type': 'application/json' }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  return async () => (await fetch(url, init)).json();
}

function validateUrl(baseUrl: string, token: string): string {
  return `${baseUrl}${WIRE_PATHS.validateToken}?initiator_id=${ACCOUNT.initiatorId}&otp_verification_token=${token}`;
}

async function compareGuard(baseUrl: string, kindOfIssuer: string): Promise<void> {
  const client = createOtpClient({ ...ACCOUNT, baseUrl });
  const guard = guardAsking(client);
  const tokens = mint(CALLS * (ROUNDS + 1));
  const costs = await rounds({
    'bare fetch': async () => costOf(bareFetch('GET', validateUrl(baseUrl, tokens[0] ?? '')), CALLS, AT_A_TIME),
    'client.validateToken()': async () =>
      costOf(async (index) => client.validateToken(tokens[index] ?? ''), CALLS, AT_A_TIME),
    'remote-validated guard': async () => {
      const fresh = tokens.splice(0, CALLS);
      tokens.push(fresh[0] ?? '');
      return costOf(async (index) => pass(guard, fresh[index]), CALLS, AT_A_TIME);
    },
  });
  const call = costs['client.validateToken()'];
  const rows = Object.entries(costs).map(([name, own]) => [
    name,
    cpu(own),
    percentOf(median(differences(own, call)), median(call.map(({ cpuMicroseconds }) => cpuMicroseconds))),
    latency(own).toFixed(3),
    percentOf(latency(own) - latency(call), latency(call)),
  ]);
  printTable(
    `The guard above its validate call, ${kindOfIssuer}`,
    ['', 'CPU µs', 'above call', 'median ms', 'above call'],
    rows,
  );
}

function guardAsking(client: Pick<OtpClient, 'validateToken'>): Guard {
  return createGuard({
    issuers: { issuer: null, audience: null, keys: remoteValidation(client) },
    replayStore: isolatedMemoryReplayStore({ maxIds: 100_000 }),
  });
}

async function pass(guard: Guard, token: string | undefined): Promise<void> {
  const { outcome } = await guard.decide({ request: {}, method: 'POST', url: '/payouts', header: () => token });
  if (outcome !== 'passed') throw new Error('The guard refused a good token.');
}

async function measureDeadIssuer(): Promise<void> {
  const guard = guardAsking(createOtpClient({ ...ACCOUNT, baseUrl: 'http://127.0.0.1:1/ekoapi/v3' }));
  const tokens = mint(CALLS);
  const decide = async (index: number): Promise<unknown> =>
    guard.decide({ request: {}, method: 'POST', url: '/payouts', header: () => tokens[index] });
  await costOf(decide, 10, 1);
  const { cpuMicroseconds, milliseconds } = await costOf(decide, CALLS, 1);
  const rows = [
    [
      'a refused request',
      cpuMicroseconds.toFixed(0),
      ...[50, 99, 100].map((percent) => percentile(milliseconds, percent).toFixed(3)),
      '< 1 ms',
    ],
  ];
  printTable('A dead issuer, circuit open', ['', 'CPU µs', 'median ms', 'p99 ms', 'slowest ms', 'goal'], rows);
}

function differences(ours: readonly Cost[], theirs: readonly Cost[]): number[] {
  return ours.map(({ cpuMicroseconds }, round) => cpuMicroseconds - (theirs[round]?.cpuMicroseconds ?? 0));
}

function cpu(costs: readonly Cost[]): string {
  return median(costs.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0);
}

function latency(costs: readonly Cost[]): number {
  return median(costs.map(({ milliseconds }) => median(milliseconds)));
}

function percentOf(part: number, whole: number): string {
  return part === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`;
}
