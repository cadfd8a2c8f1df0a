import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { IssuerNode } from './issuer-node.ts';

const POLL_MS = 50;
/** Longer than a node may take for its answer. */
const ANSWER_WITHIN_MS = 5_000;
const GIVES_UP_AFTER_MS = 60_000;

/** Asks each node for `/ready` every 50 ms, and leads requests to those that said yes. */
export class Balancer {
  readonly #nodes: readonly IssuerNode[];
  readonly #ready = new Set<IssuerNode>();
  readonly #answers = new EventEmitter();
  readonly #stopped = new AbortController();
  #excused: readonly IssuerNode[];
  #turn = 0;
  /** How often a node said that it is not ready, or nothing, although nothing was away that it needs. */
  falseAlarms = 0;

  constructor(nodes: readonly IssuerNode[]) {
    this.#nodes = nodes;
    this.#excused = nodes;
    for (const node of nodes) void this.#watch(node);
  }

  /** The next node in turn, another one than the last if there is one; `undefined` if none is ready. */
  pick(last?: IssuerNode): IssuerNode | undefined {
    const ready = this.#nodes.filter((node) => this.#ready.has(node));
    const others = ready.filter((node) => node !== last);
    const among = others.length > 0 ? others : ready;
    this.#turn += 1;
    return among[this.#turn % among.length];
  }

  /** From now on only these nodes may say that they are not ready. At first all may, until they are up. */
  excuse(nodes: readonly IssuerNode[]): void {
    this.#excused = nodes;
  }

  /**
   * When an answer first said so, from now on, in milliseconds since the epoch; `undefined` if none did within a minute, or
   * before the balancer was stopped.
   */
  async until(node: IssuerNode, isReady: boolean): Promise<number | undefined> {
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(GIVES_UP_AFTER_MS), this.#stopped.signal]);
      const [at] = (await once(this.#answers, answerOf(node, isReady), { signal })) as [number];
      return at;
    } catch {
      return undefined;
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #watch(node: IssuerNode): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const isReady = await saysReady(node);
      if (isReady) this.#ready.add(node);
      else this.#ready.delete(node);
      if (!isReady && !this.#excused.includes(node)) this.falseAlarms += 1;
      this.#answers.emit(answerOf(node, isReady), Date.now());
      await pause(POLL_MS);
    }
  }
}

function answerOf({ name }: IssuerNode, isReady: boolean): string {
  return `${name} ${isReady ? 'is' : 'is not'} ready`;
}

async function saysReady({ url }: IssuerNode): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
