/** Nodes that live, die and come back, on one outbox, with commands that arrive twice and late. */
import type { Outbox, OutboxMessage, OutboxState } from '@verified-mobile/issuer';
import { newKey, START } from '../../src/testing/fixture.ts';
import { END, LONG_MS, newMessage } from '../../src/testing/outbox/fixture.ts';

const FINAL: ReadonlySet<OutboxState> = new Set(['accepted', 'refused', 'expired']);
const ROUTES = ['first', 'second'] as const;
const PAUSE = END - START;

/** What a node knows of a message that it holds, as the delivery does. */
interface Held {
  readonly message: OutboxMessage;
  attempt: number;
  /** Where it is being handed over to at the moment. */
  route: string | undefined;
}

/** What a test knows of a message. */
interface Fate {
  readonly message: OutboxMessage;
  /** Hand-overs that a provider may have accepted: begun, and not refused. */
  mayHaveArrived: number;
  state: OutboxState;
}

/** Returns what must never happen and did; empty if all went well. */
export async function simulate(outbox: Outbox, random: () => number, steps: number): Promise<string[]> {
  const simulation = new Simulation(outbox, random);
  for (let step = 0; step < steps; step += 1) await simulation.step();
  return simulation.violations;
}

class Simulation {
  readonly violations: string[] = [];
  readonly #outbox: Outbox;
  readonly #random: () => number;
  readonly #nodes = Array.from({ length: 3 }, newKey);
  readonly #held = new Map<string, Map<string, Held>>(this.#nodes.map((node) => [node, new Map()]));
  readonly #fates: Fate[] = [];
  /** Commands that were sent: any of them may arrive once more, and nobody waits for its answer. */
  readonly #late: (() => Promise<unknown>)[] = [];
  #now = START;

  constructor(outbox: Outbox, random: () => number) {
    this.#outbox = outbox;
    this.#random = random;
  }

  async step(): Promise<void> {
    const node = this.#any(this.#nodes)!;
    const held = this.#any([...this.#held.get(node)!.values()]);
    const choice = this.#random();
    if (choice < 0.15) await this.#enqueue(node);
    else if (choice < 0.35 && held && held.route === undefined) await this.#begin(node, held);
    else if (choice < 0.6 && held && held.route !== undefined) await this.#settle(node, held, held.route);
    else if (choice < 0.63 && held && held.route === undefined) await this.#withdraw(node, held);
    else if (choice < 0.7) await this.#outbox.leave(node);
    else if (choice < 0.75) await this.#outbox.beat(node, LONG_MS);
    else if (choice < 0.9) await this.#takeOver(node);
    else if (choice < 0.98) await this.#any(this.#late)?.();
    else this.#now += Math.floor(this.#random() * PAUSE);
    for (const fate of this.#fates) await this.#check(fate);
  }

  async #enqueue(node: string): Promise<void> {
    const message = newMessage({ expiresAt: this.#now + PAUSE });
    const route = this.#random() < 0.5 ? this.#any(ROUTES) : undefined;
    await this.#outbox.enqueue(message, { node, ...(route && { route }) }, this.#now);
    this.#held.get(node)!.set(message.id, { message, attempt: route ? 1 : 0, route });
    const state = route ? 'handing-over' : 'queued';
    this.#fates.push({ message, mayHaveArrived: route ? 1 : 0, state });
    // A test looks at the newest alone, or it would take for ever.
    if (this.#fates.length > 6) this.#fates.shift();
  }

  async #begin(node: string, held: Held): Promise<void> {
    const { message } = held;
    const [now, route] = [this.#now, this.#any(ROUTES)!];
    held.attempt += 1;
    const begun = { node, route, attempt: held.attempt, tried: [] };
    const { outcome } = await this.#say(async () => this.#outbox.begin(message.id, begun, now));
    if (outcome !== 'begun') return void this.#held.get(node)!.delete(message.id);
    if (now >= message.expiresAt) this.violations.push('begun after its code had expired');
    held.route = route;
    const fate = this.#fateOf(message);
    if (fate) fate.mayHaveArrived += 1;
  }

  async #settle(node: string, held: Held, route: string): Promise<void> {
    const { message, attempt } = held;
    const state = this.#any(['accepted', 'unknown', 'queued', 'queued', 'refused'] as const)!;
    const settlement = state === 'queued' ? ({ state, tried: [route] } as const) : { state };
    const now = this.#now;
    held.route = undefined;
    if (state !== 'queued') this.#held.get(node)!.delete(message.id);
    const fate = this.#fateOf(message);
    if (fate && (state === 'queued' || state === 'refused')) fate.mayHaveArrived -= 1;
    // Its answer may be lost, or the command itself.
    const say = async (): Promise<unknown> =>
      this.#outbox.settle(message.id, { node, route, attempt }, settlement, now);
    if (this.#random() < 0.8) await this.#say(say);
    else this.#late.push(say);
  }

  async #withdraw(node: string, { message }: Held): Promise<void> {
    const now = this.#now;
    this.#held.get(node)!.delete(message.id);
    await this.#say(async () => this.#outbox.withdraw(message.id, node, now));
  }

  async #takeOver(to: string): Promise<void> {
    const from = this.#any(this.#nodes)!;
    const id = this.#any(await this.#outbox.heldBy(from));
    if (id === undefined || from === to) return;
    const taken = await this.#outbox.takeOver(id, { from, to }, this.#now);
    const message = this.#fates.find((fate) => fate.message.id === id)?.message;
    if (taken.outcome !== 'queued' || message === undefined) return;
    this.#held.get(to)!.set(id, { message, attempt: taken.attempts, route: undefined });
  }

  async #check(fate: Fate): Promise<void> {
    if (fate.mayHaveArrived > 1) this.violations.push('may have arrived twice');
    const { account, tid } = fate.message;
    const state = (await this.#outbox.find(account, tid))?.state;
    if (state === undefined) this.violations.push('was forgotten');
    else if (FINAL.has(fate.state) && state !== fate.state) this.violations.push(`${fate.state} became ${state}`);
    else fate.state = state;
  }

  async #say<Answer>(command: () => Promise<Answer>): Promise<Answer> {
    this.#late.push(command);
    if (this.#late.length > 30) this.#late.shift();
    return command();
  }

  #fateOf({ id }: OutboxMessage): Fate | undefined {
    return this.#fates.find(({ message }) => message.id === id);
  }

  #any<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }
}
