import { expect, it, onTestFinished } from 'vitest';
import { CircuitBreaker } from '../src/circuit-breaker.ts';

it('says, while it is open, when Redis is asked again', () => {
  const probe = async () => Promise.resolve();
  const breaker = new CircuitBreaker({ failuresToOpen: 2, probeIntervalMs: 30_000, probe });
  onTestFinished(() => {
    breaker.stop();
  });
  breaker.failed(new Error('connection lost'));
  expect(() => {
    breaker.requireClosed();
  }).not.toThrow();
  breaker.failed(new Error('connection lost'));
  expect(() => {
    breaker.requireClosed();
  }).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 30 }) as Error);
});
