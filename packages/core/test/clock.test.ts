import { afterEach, expect, it, vi } from 'vitest';
import { steadyClock } from '../src/lib/clock.ts';

afterEach(() => void vi.restoreAllMocks());

it('stands still while the wall clock is behind, and goes on with it', () => {
  const wall = vi.spyOn(Date, 'now');
  const start = steadyClock() + 10;
  wall.mockReturnValue(start);
  expect(steadyClock()).toBe(start);
  wall.mockReturnValue(start - 3_600_000);
  expect(steadyClock()).toBe(start);
  wall.mockReturnValue(start + 1);
  expect(steadyClock()).toBe(start + 1);
});
