/** A suite that cannot fail is a defect: each mutant here is a store or an adapter broken in one way. */
import assert from 'node:assert/strict';
import {
  createGuard,
  type GuardOptions,
  type Presentation,
  type Proof,
  type ReplayStore,
  type TokenUse,
} from '@verified-mobile/core';
import {
  describeGuardAdapter,
  describeReplayStore,
  isolatedMemoryReplayStore,
  type TestAnswer,
  type TestRequest,
  type TestRunner,
} from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';

/** Runs a suite and gives the names of the cases that fail. */
async function failuresOf(run: (runner: TestRunner) => void): Promise<string[]> {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  run({ describe: (_name, body) => body(), it: (name, body) => cases.push({ name, body }) });
  const failures: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failures.push(name));
  return failures;
}

const laterTick = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A store over a plain map; each mutant replaces `consume`. */
function storeMutant(
  consume: (ids: Map<string, string>, use: TokenUse) => Promise<string>,
): () => Promise<ReplayStore> {
  return async () => {
    const ids = new Map<string, string>();
    return { scope: 'process', consume: async (use) => ({ outcome: (await consume(ids, use)) as 'used' }) };
  };
}

const bind = (ids: Map<string, string>, { id, operation }: TokenUse): string => {
  const bound = ids.get(id);
  if (bound === undefined) ids.set(id, operation);
  return bound === undefined ? 'first-use' : bound === operation ? 'same-operation' : 'used';
};

describe('the suite of replay stores', () => {
  it('passes the store in memory', async () => {
    const createStore = async (): Promise<ReplayStore> => isolatedMemoryReplayStore();
    expect(await failuresOf((runner) => describeReplayStore(runner, { name: 'memory', createStore }))).toEqual([]);
  });

  it.each<[string, () => Promise<ReplayStore>]>([
    [
      'looks first and records later',
      storeMutant(async (ids, use) => {
        const outcome = bind(new Map(ids), use);
        await laterTick();
        bind(ids, use);
        return outcome;
      }),
    ],
    ['never calls anything a replay', storeMutant(async () => Promise.resolve('first-use'))],
    ['forgets the operation', storeMutant(async (ids, use) => Promise.resolve(bind(ids, { ...use, operation: '' })))],
    [
      'takes a retry for a replay',
      storeMutant(async (ids, use) => {
        const outcome = bind(ids, use);
        return Promise.resolve(outcome === 'same-operation' ? 'used' : outcome);
      }),
    ],
    [
      'binds an id anew at each use',
      storeMutant(async (ids, use) => {
        const outcome = bind(ids, use);
        ids.set(use.id, use.operation);
        return Promise.resolve(outcome);
      }),
    ],
    [
      'frees an id that was refused',
      storeMutant(async (ids, use) => {
        const outcome = bind(ids, use);
        if (outcome === 'used') ids.delete(use.id);
        return Promise.resolve(outcome);
      }),
    ],
    [
      'folds the case of ids',
      storeMutant(async (ids, use) => Promise.resolve(bind(ids, { ...use, id: use.id.toLowerCase() }))),
    ],
    [
      'records a use that has ended as a first one',
      storeMutant(async (ids, use) => {
        return Promise.resolve(use.expiresAt < Date.now() ? 'first-use' : bind(ids, use));
      }),
    ],
  ])('refuses a store that %s', async (name, createStore) => {
    expect(await failuresOf((runner) => describeReplayStore(runner, { name, createStore }))).not.toEqual([]);
  });
});

interface Mutation {
  readonly options?: (options: GuardOptions<TestRequest>) => GuardOptions<TestRequest>;
  readonly header?: (lines: string | readonly string[] | undefined) => string | readonly string[] | undefined;
  readonly answer?: (answer: TestAnswer, request: TestRequest) => TestAnswer;
  /** Decides in place of the guard; `undefined` leaves it to the guard. */
  readonly before?: (request: TestRequest) => TestAnswer | 'pass' | undefined;
  readonly onError?: 'pass' | 'refuse';
  readonly fakeProof?: boolean;
}

const FAKE: Proof = {
  mobile: '+919002336768',
  tokenId: 'one',
  proofId: 'x'.repeat(22),
  issuer: '',
  issuedAt: 0,
  expiresAt: 0,
  operation: '',
  retry: false,
};

/** The smallest adapter there can be, and what happens to it. */
async function failuresOfAdapter(mutation: Mutation): Promise<string[]> {
  return failuresOf((runner) =>
    describeGuardAdapter<TestRequest>(runner, {
      name: 'mutant',
      headerOf: (request, name) => request.headers[name]?.toString(),
      createService: (options, handle) => {
        const guard = createGuard(mutation.options?.(options) ?? options);
        const finish = (request: TestRequest, proof: Proof | undefined): TestAnswer => {
          if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' };
          if (request.method !== 'POST') return { status: 200, headers: {}, body: '[]' };
          const getProof = (): Proof => proof ?? (mutation.fakeProof ? FAKE : assert.fail('no guard'));
          return { status: 201, headers: {}, body: JSON.stringify(handle(getProof)) };
        };
        const decide = async (request: TestRequest): Promise<TestAnswer> => {
          if (request.path !== '/payouts') return finish(request, undefined);
          const early = mutation.before?.(request);
          if (early !== undefined) return early === 'pass' ? finish(request, FAKE) : early;
          const { method, path: url, body, headers: lines } = request;
          const header: Presentation['header'] = (name) => mutation.header?.(lines[name]) ?? lines[name];
          const verdict = await guard.decide({ request, method, url, body, header }).catch(async (error: unknown) => {
            if (mutation.onError === 'pass') return { outcome: 'passed', proof: FAKE } as const;
            if (mutation.onError === 'refuse') return guard.decide({ request: { ...request, headers: {} } });
            throw error;
          });
          if (verdict.outcome !== 'refused')
            return finish(request, verdict.outcome === 'passed' ? verdict.proof : undefined);
          const headers = Object.fromEntries(
            Object.entries(verdict.refusal.headers).map(([name, value]) => [name.toLowerCase(), value]),
          );
          return { status: verdict.refusal.status, headers, body: method === 'HEAD' ? '' : verdict.refusal.body };
        };
        return async (request) => {
          const answer = await decide(request).catch(() => ({ status: 500, headers: {}, body: '' }));
          return mutation.answer?.(answer, request) ?? answer;
        };
      },
    }),
  );
}

const forgetful: ReplayStore = { scope: 'process', consume: async () => Promise.resolve({ outcome: 'first-use' }) };

describe('the suite of adapters', () => {
  it('passes an adapter that leaves everything to the guard', async () => {
    expect(await failuresOfAdapter({})).toEqual([]);
  });

  it.each<[string, Mutation]>([
    ['consumes nothing', { options: (options) => ({ ...options, replayStore: forgetful }) }],
    [
      'passes when the store is down',
      { answer: (answer) => (answer.status === 503 ? { ...answer, status: 201, body: '{}' } : answer) },
    ],
    ['calls an outage invalid', { answer: (answer) => (answer.status === 503 ? { ...answer, status: 401 } : answer) }],
    ['passes when the application throws', { onError: 'pass' }],
    ['refuses when the application throws', { onError: 'refuse' }],
    ['passes every OPTIONS', { before: ({ method }) => (method === 'OPTIONS' ? 'pass' : undefined) }],
    [
      'lets a CORS preflight pass',
      { before: ({ headers }) => ('access-control-request-method' in headers ? 'pass' : undefined) },
    ],
    [
      'lets a POST pass that calls itself OPTIONS',
      { before: ({ headers }) => (headers['x-http-method-override'] === 'OPTIONS' ? 'pass' : undefined) },
    ],
    ['leaves HEAD unguarded', { before: ({ method }) => (method === 'HEAD' ? 'pass' : undefined) }],
    ['gives a proof where no guard ran', { fakeProof: true }],
    [
      'adds a charset',
      {
        answer: (answer) => ({
          ...answer,
          headers: { ...answer.headers, 'content-type': 'application/problem+json; charset=utf-8' },
        }),
      },
    ],
    [
      'says what was wrong',
      {
        answer: (answer) =>
          answer.status === 401 ? { ...answer, body: answer.body.replace('not valid here', 'badly signed') } : answer,
      },
    ],
    [
      'drops the challenge',
      { answer: (answer) => ({ ...answer, headers: { ...answer.headers, 'www-authenticate': undefined } }) },
    ],
    [
      'asks for a session',
      { answer: (answer) => ({ ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer' } }) },
    ],
    [
      'looks into the header only',
      { options: (options) => ({ ...options, token: { header: 'otp-verification-token' } }) },
    ],
    ['shows the first line of a header alone', { header: (lines) => (typeof lines === 'string' ? lines : lines?.[0]) }],
    ['never asks for the expected mobile', { options: ({ expectMobile: _ignored, ...options }) => options }],
    ['ignores idempotency keys', { options: ({ idempotencyKey: _ignored, ...options }) => options }],
    ['takes every retry for one operation', { options: (options) => ({ ...options, idempotencyKey: () => 'same' }) }],
    ['ignores `when`', { options: ({ when: _ignored, ...options }) => options }],
    ['uses another clock', { options: (options) => ({ ...options, clock: () => Date.UTC(2026, 4, 22, 10, 34, 4) }) }],
    [
      'trusts no issuer in particular',
      {
        options: (options) => ({
          ...options,
          issuers: { ...(options.issuers as object), issuer: null, audience: null } as never,
        }),
      },
    ],
  ])('refuses an adapter that %s', async (_name, mutation) => {
    expect(await failuresOfAdapter(mutation)).not.toEqual([]);
  });
});
