import { describe, expect, it } from 'vitest';
import { ratioOf, spreadOf } from '../src/statistics.ts';
import { ratioCell } from '../src/table.ts';

const ones = (rounds: number): number[] => Array.from({ length: rounds }, () => 1);

describe('a spread', () => {
  it('is that of the middle half: one round that the machine spoilt does not widen it', () => {
    expect(spreadOf([10, 900, 11, 12, 10])).toEqual({ median: 11, low: 10, high: 12 });
  });
});

describe('a ratio', () => {
  it('is taken in each round by itself, so that a machine that slows down changes nothing', () => {
    const costs = [15, 30, 150, 15, 60];
    const references = [10, 20, 100, 10, 40];
    expect(ratioOf(costs, references)).toEqual({ outcome: 'agreed', median: 1.5, low: 1.5, high: 1.5 });
  });

  it('is given as long as the middle half spreads over 15 % of the median', () => {
    expect(ratioOf([0.93, 0.93, 1, 1.07, 1.07], ones(5))).toMatchObject({ outcome: 'agreed', median: 1 });
  });

  it('is refused beyond that, and the cell says between what the rounds lay', () => {
    const ratio = ratioOf([0.92, 0.92, 1, 1.08, 1.08], ones(5));
    expect(ratio).toEqual({ outcome: 'disagreed', low: 0.92, high: 1.08 });
    expect(ratioCell(ratio)).toBe('rounds disagree: 0.92 to 1.08');
  });

  it('is given for three rounds', () => {
    expect(ratioCell(ratioOf([2, 2, 2], ones(3)))).toBe('2.00 (2.00 to 2.00)');
  });

  it('is refused for two, which may agree by chance', () => {
    expect(ratioCell(ratioOf([2, 2], ones(2)))).toBe('too few rounds: 2');
  });

  it.each([
    ['lost in the noise', [-5, -5, -5]],
    ['nothing', [0, 0, 0]],
    ['missing', []],
  ])('is refused if what it is divided by was %s', (_what, references) => {
    expect(ratioOf([1, 1, 1], references)).toMatchObject({ outcome: 'disagreed' });
  });
});
