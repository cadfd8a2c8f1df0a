import type { GuardOptions } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type { Issuer } from '../create-issuer.ts';
import { generateSigningKey } from '../tokens/signing-keys.ts';
import { type ClockState, movableClock } from './clock.ts';
import { createEventFeed, type EventFeed } from './event-feed.ts';
import type { SandboxOptions } from './options.ts';
import { createWorld, type World } from './world.ts';

/** What makes a guard of this process live in the sandbox. */
export type SandboxGuardOptions = Required<
  Pick<GuardOptions, 'clock' | 'clockToleranceSeconds' | 'replayStore' | 'onDecision'>
>;

/** The sandbox without its URLs: one world after the other, on one clock and one feed. */
export interface Life extends Pick<Issuer, 'drain' | 'close'> {
  readonly world: () => World;
  readonly readEvents: EventFeed['readFrom'];
  readonly advanceClock: (seconds: number) => ClockState;
  readonly reset: () => ClockState;
  readonly guardOptions: SandboxGuardOptions;
}

/** As many as the memory store of a process has. */
const MOST_TOKEN_IDS = 100_000;

export function createLife(settings: Required<Omit<SandboxOptions, 'payoutUrls'>>): Life {
  const clock = movableClock(settings.clock);
  const feed = createEventFeed();
  // It fences no earlier tokens, and needs not: another sandbox signed them with another key.
  const replayStore = isolatedMemoryReplayStore({ clock: clock.now, maxIds: MOST_TOKEN_IDS });
  const surroundings = { ...settings, sandboxClock: clock.now, replayStore, signingKey: generateSigningKey() };
  const begin = (): World => {
    // Requests that a reset overtakes end in their own world, and nobody sees it.
    const begun: World = createWorld(surroundings, (...event) => void (begun === world && feed.publish(...event)));
    return begun;
  };
  let world = begin();
  let isDraining = false;
  return {
    world: () => world,
    readEvents: feed.readFrom,
    advanceClock(seconds) {
      clock.advance(seconds);
      feed.publish('clock', clock.state());
      world.inbox.arriveDue();
      return clock.state();
    },
    reset() {
      clock.reset();
      world = begin();
      if (isDraining) world.issuer.drain();
      feed.restart();
      feed.publish('reset', clock.state());
      return clock.state();
    },
    drain() {
      isDraining = true;
      world.issuer.drain();
    },
    async close() {
      feed.close();
      await world.issuer.close();
    },
    guardOptions: {
      clock: clock.now,
      clockToleranceSeconds: 0,
      replayStore,
      // What kept a store from answering is for the operator's eyes, and may be any object.
      onDecision: ({ error: _error, ...decision }) => feed.publish('decision', decision),
    },
  };
}
