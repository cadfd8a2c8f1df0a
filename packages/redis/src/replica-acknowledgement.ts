import { misconfigured, requireWholeNumber } from '@verified-mobile/core/store';
import { Deadline } from './deadline.ts';
import { SINGLE_TAG } from './key-layout.ts';
import type { Lineage } from './lineage.ts';
import type { ReplicaAcknowledgementOptions } from './options.ts';
import { Reconnection, Silence } from './reconnection.ts';

/** Waits until replicas have what this process wrote. Uses that arrive during one round share the next. */
export class ReplicaAcknowledgement {
  readonly #options: Required<ReplicaAcknowledgementOptions>;
  readonly #lineage: Lineage;
  readonly #deadline: Deadline;
  readonly #silence: Silence;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** @param tripMs how long a use may take: a round that lasts longer than `WAIT` and that is of use to nobody */
  constructor(options: ReplicaAcknowledgementOptions, lineage: Lineage | undefined, tripMs: number) {
    this.#options = { timeoutMs: 100, ...options };
    const { connection, replicas, timeoutMs } = this.#options;
    if (connection.topology !== 'single' || lineage === undefined) {
      throw misconfigured('acknowledgement works with a single primary and its replicas, not with a cluster.');
    }
    this.#lineage = lineage;
    this.#silence = new Silence(new Reconnection(connection));
    requireWholeNumber('acknowledgement.replicas', replicas, { from: 1, to: 10 });
    requireWholeNumber('acknowledgement.timeoutMs', timeoutMs, { from: 1, to: 10_000 });
    this.#deadline = new Deadline(timeoutMs + tripMs);
  }

  /** @throws fewer replicas have it, or the second connection leads to another server */
  async confirm(): Promise<void> {
    // A round that is under way may have begun before this use was written.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(async () => {
        this.#running = this.#next!;
        this.#next = undefined;
        // A client may never answer for a connection that it lost, and the next round waits for this one.
        return this.#silence.watch(this.#deadline.within(this.#round()));
      });
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#options.connection.close();
  }

  async #round(): Promise<void> {
    const { connection, replicas, timeoutMs } = this.#options;
    const { head } = this.#lineage;
    // WAIT looks at the last write of its own connection: without this one there is nothing to wait for.
    const marked = connection.send(SINGLE_TAG, ['SET', `${SINGLE_TAG}mark`, head]);
    const inspected = this.#lineage.inspect(connection);
    const acknowledged = connection.send(SINGLE_TAG, ['WAIT', String(replicas), String(timeoutMs)]);
    const [, server, count] = await Promise.all([marked, inspected, acknowledged]);
    if (server.head !== head) throw new Error('the connection for acknowledgements leads to another server');
    if (Number(count) < replicas) throw new Error(`${Number(count)} of ${replicas} replicas have the use`);
  }
}
