import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ConsumeResult, ReplayStore, TokenUse } from '../replay/replay-store.ts';
import type { TestRunner } from './adapter-under-test.ts';

/** What the suite needs to know of a store. */
export interface ReplayStoreUnderTest {
  readonly name: string;
  /**
   * A store that nothing has used yet and that vouches for tokens issued a minute ago; called once for each test.
   * If the store is shared, each call opens another connection to the same ids.
   */
  createStore(): Promise<ReplayStore>;
  /** The store's own time, milliseconds since the epoch. Default `Date.now`. */
  clock?: () => number;
}

/** The suite that every replay store passes: at most one operation for each token id, however many arrive together. */
export function describeReplayStore(runner: TestRunner, underTest: ReplayStoreUnderTest): void {
  const { clock = Date.now } = underTest;
  const newUse = (changes: Partial<TokenUse> = {}): TokenUse => ({
    id: randomBytes(16).toString('base64url'),
    operation: 'operation-one',
    issuedAt: clock() - 10_000,
    expiresAt: clock() + 410_000,
    ...changes,
  });
  runner.describe(`${underTest.name}: the replay store's contract`, () => {
    describeOneUse(runner, underTest, newUse);
    describeRace(runner, underTest, newUse);
    describeLimits(runner, underTest, newUse);
  });
}

type NewUse = (changes?: Partial<TokenUse>) => TokenUse;

async function consume(store: ReplayStore, use: TokenUse): Promise<ConsumeResult['outcome']> {
  return (await store.consume(use, { signal: new AbortController().signal })).outcome;
}

/** Runs the body with a store that is ready, and closes it in any case. */
async function withStores(
  underTest: ReplayStoreUnderTest,
  count: number,
  body: (stores: readonly ReplayStore[]) => Promise<void>,
): Promise<void> {
  const stores = await Promise.all(Array.from({ length: count }, async () => underTest.createStore()));
  try {
    await Promise.all(stores.map(async (store) => store.ready?.()));
    await body(stores);
  } finally {
    await Promise.all(stores.map(async (store) => store.close?.()));
  }
}

function describeOneUse({ it }: TestRunner, underTest: ReplayStoreUnderTest, newUse: NewUse): void {
  it('binds an id to the operation that comes first', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const use = newUse();
      assert.equal(await consume(store!, use), 'first-use');
      assert.equal(await consume(store!, { ...use, operation: 'operation-two' }), 'used');
      assert.equal(await consume(store!, use), 'same-operation');
      assert.equal(await consume(store!, { ...use, operation: 'operation-two' }), 'used');
    });
  });

  it('keeps ids apart that differ in one character only', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const ids = ['a', 'A', 'b', '-', '_'].map((first) => first.padEnd(21, 'x') + 'Q');
      for (const id of ids) assert.equal(await consume(store!, newUse({ id })), 'first-use');
    });
  });

  it('says when the id was first used, where it says anything', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const use = newUse();
      const { signal } = new AbortController();
      await store!.consume(use, { signal });
      const { firstUsedAt } = await store!.consume({ ...use, operation: 'operation-two' }, { signal });
      if (firstUsedAt !== undefined) assert.ok(Math.abs(firstUsedAt - Date.now()) < 60_000 || underTest.clock);
    });
  });
}

function describeRace({ it }: TestRunner, underTest: ReplayStoreUnderTest, newUse: NewUse): void {
  it('gives one of many simultaneous operations the first use, and every other one "used"', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const use = newUse();
      const racers = Array.from({ length: 64 }, async (_, racer) =>
        consume(store!, { ...use, operation: `op-${racer}` }),
      );
      const outcomes = await Promise.all(racers);
      assert.equal(outcomes.filter((outcome) => outcome === 'first-use').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'used').length, 63);
    });
  });

  it('gives one of many simultaneous attempts of one operation the first use, and the others "same-operation"', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const use = newUse();
      const outcomes = await Promise.all(Array.from({ length: 64 }, async () => consume(store!, use)));
      assert.equal(outcomes.filter((outcome) => outcome === 'first-use').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'same-operation').length, 63);
    });
  });

  it('is one store for every service, where it is shared', async () => {
    await withStores(underTest, 2, async ([here, there]) => {
      if (here!.scope !== 'shared') return;
      const use = newUse();
      assert.equal(await consume(here!, use), 'first-use');
      assert.equal(await consume(there!, { ...use, operation: 'operation-two' }), 'used');
      assert.equal(await consume(there!, use), 'same-operation');
    });
  });
}

function describeLimits({ it }: TestRunner, underTest: ReplayStoreUnderTest, newUse: NewUse): void {
  it('records nothing as a first use that has already ended', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const use = newUse({ expiresAt: clockOf(underTest) - 1_000 });
      assert.notEqual(await consume(store!, use), 'first-use');
      assert.notEqual(await consume(store!, use), 'first-use');
    });
  });

  it('takes the longest life that a guard asks for', async () => {
    await withStores(underTest, 1, async ([store]) => {
      const use = newUse({ expiresAt: clockOf(underTest) + 479_000 });
      assert.equal(await consume(store!, use), 'first-use');
      assert.equal(await consume(store!, { ...use, operation: 'operation-two' }), 'used');
    });
  });
}

function clockOf({ clock = Date.now }: ReplayStoreUnderTest): number {
  return clock();
}
