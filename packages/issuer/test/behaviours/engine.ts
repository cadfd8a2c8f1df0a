import type { ReplayStore } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { type IssuerOptions, memoryOtpStore, type OtpStore } from '@verified-mobile/issuer';
import { type IssuerUnderTest, issuerUnderTest, limitedIssuerUnderTest } from '../support/issuer-under-test.ts';

/** A storage engine, and on how many nodes. Every behaviour is a test on each of them. */
export interface Engine {
  readonly name: string;
  readonly nodes: number;
  /** One store for each node, all on the same, empty storage. */
  openStores(nodes: number): Promise<OtpStore[]>;
  /** Where tokens are used up, shared by all nodes. */
  openReplayStore(): Promise<ReplayStore>;
}

export type Setup = (changes?: Partial<IssuerOptions>) => Promise<IssuerUnderTest>;

/** Issuers on an engine: with the limits of production, and with none on sends. */
export function setupsOf(engine: Engine): { setup: Setup; unlimited: Setup } {
  return {
    setup: async (changes) => limitedIssuerUnderTest(changes, await engine.openStores(engine.nodes)),
    unlimited: async (changes) => issuerUnderTest(changes, await engine.openStores(engine.nodes)),
  };
}

export function memoryEngine(nodes: number): Engine {
  return {
    name: `memory, ${nodes} node${nodes > 1 ? 's' : ''}`,
    nodes,
    // Nodes of one process may share a memory store; a second process could not.
    async openStores(count) {
      const store = memoryOtpStore();
      return Array.from({ length: count }, () => store);
    },
    openReplayStore: async () => isolatedMemoryReplayStore(),
  };
}
