import { describe, expect, it } from 'vitest';
import { Circuit } from '../../src/delivery/circuit.ts';

const fail = (circuit: Circuit, now: number, times = 1, retryAfterMs?: number): void => {
  for (let failures = 0; failures < times; failures += 1) circuit.ended('failed', retryAfterMs, now);
};

describe('the circuit of a route', () => {
  it('opens with the fifth failure in a row, and for a second', () => {
    const circuit = new Circuit(5);
    fail(circuit, 0, 4);
    expect(circuit.at(0).state).toBe('closed');
    fail(circuit, 0);
    expect([circuit.at(0), circuit.at(999).state, circuit.at(1_000).state]).toEqual([
      { state: 'open', until: 1_000 },
      'open',
      'closed',
    ]);
  });

  it('counts failures in a row alone', () => {
    const circuit = new Circuit(5);
    for (let rounds = 0; rounds < 3; rounds += 1) {
      fail(circuit, 0, 4);
      circuit.ended('worked', undefined, 0);
    }
    expect(circuit.at(0).state).toBe('closed');
  });

  it('lets one message through as a probe, and stays open twice as long with each that fails, up to 30 seconds', () => {
    const circuit = new Circuit(1);
    fail(circuit, 0);
    const lengths: number[] = [];
    let now = 1_000;
    for (let probes = 0; probes < 7; probes += 1) {
      circuit.began();
      expect(circuit.at(now).state).toBe('probing');
      fail(circuit, now);
      const open = circuit.at(now);
      if (!('until' in open)) throw new Error('closed');
      lengths.push(open.until - now);
      now = open.until;
    }
    expect(lengths).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('closes with a success, and then takes as many failures as at first', () => {
    const circuit = new Circuit(5);
    fail(circuit, 0, 5);
    circuit.began();
    circuit.ended('worked', undefined, 1_000);
    expect([circuit.isOpen, circuit.at(1_000).state]).toEqual([false, 'closed']);
    fail(circuit, 1_000, 4);
    expect(circuit.isOpen).toBe(false);
  });

  it('does not stay open longer for those that were under way when it opened', () => {
    const circuit = new Circuit(5);
    fail(circuit, 0, 50);
    expect(circuit.at(0)).toEqual({ state: 'open', until: 1_000 });
  });

  it('lets another probe through if the first one was not handed over', () => {
    const circuit = new Circuit(1);
    fail(circuit, 0);
    circuit.began();
    circuit.gaveUp();
    expect(circuit.at(1_000).state).toBe('closed');
    expect(circuit.isOpen).toBe(true);
  });

  it('opens at once for as long as the provider asks, ten minutes at most', () => {
    for (const [asked, until] of [
      [7_000, 7_000],
      [10_000_000, 600_000],
    ] as const) {
      const circuit = new Circuit(5);
      fail(circuit, 0, 1, asked);
      expect(circuit.at(0)).toEqual({ state: 'open', until });
    }
  });

  it('pauses a provider that takes no more for as long as it asks, or a second, and does not open', () => {
    for (const [asked, until] of [
      [undefined, 1_000],
      [250, 250],
    ] as const) {
      const circuit = new Circuit(1);
      circuit.ended('busy', asked, 0);
      expect([circuit.at(until - 1), circuit.at(until).state]).toEqual([{ state: 'paused', until }, 'closed']);
      expect(circuit.isOpen).toBe(false);
    }
  });
});
