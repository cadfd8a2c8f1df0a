import type { RedisConnection } from './connection.ts';
import { misconfigured, type StoreState } from '@verified-mobile/core/store';
import { areClocksApart } from './errors.ts';
import { evaluate, type Script } from './evaluate.ts';
import { lineageKey } from './key-layout.ts';

/** What a server says about itself and about what it remembers. */
export interface ServerState extends StoreState {
  readonly head: string;
}

/** The lineage of one hash tag, as this process last saw it. */
export class Lineage {
  readonly #tag: string;
  readonly #connection: RedisConnection;
  readonly #script: Script;
  #head = '';

  constructor(tag: string, connection: RedisConnection, script: Script) {
    this.#tag = tag;
    this.#connection = connection;
    this.#script = script;
  }

  get head(): string {
    return this.#head;
  }

  /** Remembers what a server answered. Says whether the server had been another one before. */
  learn(head: string): boolean {
    const before = this.#head;
    this.#head = head;
    return before !== '' && before !== head;
  }

  /**
   * Runs the script, as one who knows this lineage. If the clocks turn out to be wrong, the lineage ends: a server whose
   * clock was ahead has let ids run out that are used, and nothing on it tells.
   */
  async ask(
    keys: readonly [string, ...string[]],
    args: readonly (string | Buffer)[] = [],
    connection: RedisConnection = this.#connection,
  ): Promise<unknown> {
    try {
      return await evaluate(connection.send, this.#script, keys, [this.#head, String(Date.now()), ...args]);
    } catch (error) {
      if (this.#head !== '' && areClocksApart(error)) this.#head = `clock:${Math.floor(Date.now() / 60_000)}`;
      throw error;
    }
  }

  /**
   * Asks for the state, on the connection given, and begins a lineage if there is none.
   *
   * @throws {VerifiedMobileError} `invalid_configuration`: a server that evicts, or is too old
   */
  async inspect(connection: RedisConnection = this.#connection): Promise<ServerState> {
    const reply = await this.ask([lineageKey(this.#tag)], [], connection);
    const [head, fence, clock, policy, version] = Array.isArray(reply) ? reply.map(String) : [];
    if (head === undefined || version === undefined) throw new Error('the server answered with something else');
    requireRecent(version);
    requireNoEviction(policy);
    this.learn(head);
    return { head, vouchesFrom: Number(fence), clock: Number(clock) };
  }
}

function requireNoEviction(policy: string | undefined): void {
  if (policy === 'noeviction') return;
  throw misconfigured(
    `This Redis has maxmemory-policy ${policy}: it would forget used tokens to make room, and accept them again. ` +
      'Set it to noeviction, or use a Redis of its own.',
  );
}

/** `PXAT` and one-off effects of scripts: Redis 6.2, and every Valkey. */
function requireRecent(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return;
  throw misconfigured(`This Redis is version ${version}. The store needs 6.2 or newer, or Valkey.`);
}
