import {
  type ConsumeResult,
  misconfigured,
  type ReplayStore,
  type TokenUse,
  untilReady,
} from '@verified-mobile/core/store';
import type { RedisConnection } from './connection.ts';
import { Deadline } from './deadline.ts';
import { remedyFor } from './errors.ts';
import { SINGLE_TAG, tagOf, tagsOf } from './key-layout.ts';
import { Lineage } from './lineage.ts';
import { type RedisReplayStoreOptions, type RedisStoreSettings, resolveOptions } from './options.ts';
import { Reconnection, Silence } from './reconnection.ts';
import { ReplicaAcknowledgement } from './replica-acknowledgement.ts';
import { scriptFor } from './script.ts';
import { TagStore } from './tag-store.ts';

export interface RedisReplayStore extends ReplayStore {
  readonly scope: 'shared';
  /**
   * Resolves when Redis answers, does not evict, and remembers everything since tokens issued from now on: after an
   * empty start that takes `issuerClockToleranceSeconds`. Await it before listening.
   *
   * @throws {VerifiedMobileError} `invalid_configuration`: a setting of Redis must change; `unavailable`: it did not
   *   answer within `startTimeoutMs`
   */
  ready(): Promise<void>;
  /** Closes the connections that the store was given. Every later use is refused. */
  close(): Promise<void>;
}

/**
 * A replay store in Redis or Valkey, for any number of services. They must name the same database and give the same
 * options: keep both in one module.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: a bare client instead of `nodeRedis(client)` or
 *   `ioredis(client)`, an unknown option or an impossible value
 */
export function redisReplayStore(connection: RedisConnection, options: RedisReplayStoreOptions = {}): RedisReplayStore {
  if (typeof connection?.send !== 'function') {
    throw misconfigured(
      'redisReplayStore() takes a wrapped client: nodeRedis(client), ioredis(client), or the cluster twin of either.',
    );
  }
  return new RedisStore(connection, resolveOptions(options));
}

class RedisStore implements RedisReplayStore {
  readonly scope = 'shared';
  readonly issuerClockToleranceSeconds: number;
  readonly #connection: RedisConnection;
  readonly #startTimeoutMs: number;
  readonly #acknowledgement: ReplicaAcknowledgement | undefined;
  readonly #tagStores: ReadonlyMap<string, TagStore>;

  constructor(connection: RedisConnection, settings: RedisStoreSettings) {
    const { acknowledgement, layout, issuerClockToleranceSeconds, startTimeoutMs, timeoutMs } = settings;
    this.issuerClockToleranceSeconds = issuerClockToleranceSeconds;
    this.#connection = connection;
    this.#startTimeoutMs = startTimeoutMs;
    const script = scriptFor(layout, issuerClockToleranceSeconds * 1000);
    const tags = tagsOf(connection.topology);
    const lineages = new Map(tags.map((tag) => [tag, new Lineage(tag, connection, script)]));
    if (acknowledgement) {
      const lineage = lineages.get(SINGLE_TAG);
      this.#acknowledgement = new ReplicaAcknowledgement(acknowledgement, lineage, timeoutMs);
    }
    const reconnection = new Reconnection(connection);
    const shared = {
      settings,
      deadline: new Deadline(timeoutMs),
      confirm: this.#acknowledgement && (async () => this.#acknowledgement?.confirm()),
      onAnotherServer: () => this.#inspectInBackground(),
    };
    this.#tagStores = new Map(
      [...lineages].map(([tag, lineage]) => {
        const silence = new Silence(reconnection);
        return [tag, new TagStore({ ...shared, tag, lineage, silence })];
      }),
    );
  }

  async consume(use: TokenUse): Promise<ConsumeResult> {
    const tagStore = this.#tagStores.get(tagOf(this.#connection.topology, use.id));
    if (tagStore === undefined) throw misconfigured('The id of a use is base64url.');
    return { outcome: await tagStore.consume(use) };
  }

  async ready(): Promise<void> {
    const tagStores = [...this.#tagStores.values()];
    await untilReady(async () => Promise.all(tagStores.map(async (tagStore) => tagStore.inspect())), {
      startTimeoutMs: this.#startTimeoutMs,
      unreachable: 'Redis cannot be reached.',
      remedyFor,
    });
  }

  async close(): Promise<void> {
    for (const tagStore of this.#tagStores.values()) tagStore.stop();
    await Promise.all([this.#connection.close(), this.#acknowledgement?.close()]);
  }

  /** Another server than before may have other settings, and the other tags' lineages must begin as early as they can. */
  #inspectInBackground(): void {
    for (const tagStore of this.#tagStores.values()) tagStore.inspectInBackground();
  }
}
