import { describe, expect, it } from 'vitest';
import { createMetrics, type IssuerMetrics } from '@verified-mobile/issuer/metrics';
import { createLog } from '../src/command/logger.ts';
import { BANK, issuerUnderTest, UNLIMITED, VERIFY_URL } from './support/issuer-under-test.ts';

const linesOf = async (metrics: IssuerMetrics): Promise<string[]> => (await metrics.text()).split('\n');

describe('metrics', () => {
  it('count sends, attempts, tokens and refusals with their reasons, and conversions by prefix', async () => {
    const metrics = createMetrics();
    const issuer = issuerUnderTest({ onEvent: metrics.onEvent, onRequest: metrics.onRequest });
    await issuer.send();
    await issuer.verify({ otp: issuer.wrongCode() });
    await issuer.verify();
    await issuer.send({}, BANK);
    await issuer.request('PUT', VERIFY_URL, {});
    await issuer.fetch(new Request(VERIFY_URL, { method: 'PUT' }));
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'issuer_events_total{kind="send",outcome="accepted",reason="",account="shop"} 1',
        'issuer_events_total{kind="attempt",outcome="refused",reason="wrong-code",account="shop"} 1',
        'issuer_events_total{kind="token",outcome="accepted",reason="",account="shop"} 1',
        'issuer_events_total{kind="refusal",outcome="refused",reason="bad-request",account="shop"} 1',
        'issuer_events_total{kind="refusal",outcome="refused",reason="forbidden",account=""} 1',
        'issuer_codes_sent_total{prefix="9002"} 2',
        'issuer_codes_verified_total{prefix="9002"} 1',
        'issuer_request_seconds_count{method="PUT",route="/ekoapi/v3/tools/kyc/mobile/otp/verify",status="200"} 3',
        '# TYPE issuer_request_seconds histogram',
      ]),
    );
    expect(await metrics.text()).not.toContain('9002336');
  });

  it('count no code for a send that was repeated', async () => {
    const metrics = createMetrics();
    const issuer = issuerUnderTest({ onEvent: metrics.onEvent });
    const client_ref_id = '211101129999';
    for (let sends = 0; sends < 2; sends += 1) await issuer.send({ client_ref_id });
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'issuer_events_total{kind="send",outcome="accepted",reason="repeated",account="shop"} 1',
        'issuer_codes_sent_total{prefix="9002"} 1',
      ]),
    );
  });

  it('say how often failures made a mobile wait', async () => {
    const metrics = createMetrics();
    const issuer = issuerUnderTest({ onEvent: metrics.onEvent });
    for (let guesses = 0; guesses < 10; guesses += 1) {
      if (guesses % 5 === 0) await issuer.send();
      await issuer.verify({ otp: issuer.wrongCode() });
    }
    expect(await linesOf(metrics)).toContain('issuer_waits_total{account="shop"} 1');
  });

  it('count faults by what they happened in', async () => {
    const metrics = createMetrics();
    const sendSms = async (): Promise<never> => Promise.reject(new Error('134021 was refused'));
    const issuer = issuerUnderTest({ sendSms, onFault: metrics.onFault });
    await issuer.send();
    expect(await linesOf(metrics)).toContain('issuer_faults_total{during="send-sms"} 1');
    expect(await metrics.text()).not.toContain('134021');
  });

  it('say once, and in a line of the log, that a mobile was stopped', async () => {
    const [metrics, lines] = [createMetrics(), [] as string[]];
    const log = createLog('info', 'node-1', Date.now, { write: (line) => void lines.push(line) });
    const issuer = issuerUnderTest({
      limits: { ...UNLIMITED.limits, failuresBeforeStop: 3 },
      onEvent(event) {
        metrics.onEvent(event);
        log.onEvent(event);
      },
    });
    await issuer.send();
    for (let guesses = 0; guesses < 2; guesses += 1) await issuer.verify({ otp: issuer.wrongCode() });
    await issuer.verify();
    expect(await metrics.text()).not.toContain('issuer_stops_total{');
    await issuer.send();
    for (let guesses = 0; guesses < 5; guesses += 1) await issuer.verify({ otp: issuer.wrongCode() });
    expect(await linesOf(metrics)).toContain('issuer_stops_total{account="shop"} 1');
    const warnings = lines.filter((line) => line.includes('"level":40'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('mobile stopped');
    expect(warnings[0]).toContain('"reason":"wrong-code","mobile":"+9190******68"');
  });

  it('do not say so of the right code that came last', async () => {
    const metrics = createMetrics();
    const limits = { ...UNLIMITED.limits, failuresBeforeStop: 3 };
    const issuer = issuerUnderTest({ limits, onEvent: metrics.onEvent });
    await issuer.send();
    for (let guesses = 0; guesses < 2; guesses += 1) await issuer.verify({ otp: issuer.wrongCode() });
    expect((await issuer.verify()).status).toBe(0);
    expect(await metrics.text()).not.toContain('issuer_stops_total{');
  });

  it('write buckets in seconds that add up', async () => {
    const metrics = createMetrics();
    const request = { requestId: 'x', method: 'GET', route: '/health', status: 200 };
    for (const durationMs of [5, 5.1, 10_001]) metrics.onRequest({ ...request, durationMs });
    const labels = 'method="GET",route="/health",status="200"';
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        `issuer_request_seconds_bucket{le="0.005",${labels}} 1`,
        `issuer_request_seconds_bucket{le="0.01",${labels}} 2`,
        `issuer_request_seconds_bucket{le="10",${labels}} 2`,
        `issuer_request_seconds_bucket{le="+Inf",${labels}} 3`,
        `issuer_request_seconds_count{${labels}} 3`,
      ]),
    );
  });

  it('have one series for all methods that no route takes', async () => {
    const metrics = createMetrics();
    const issuer = issuerUnderTest({ onRequest: metrics.onRequest });
    for (const method of ['BREW', 'MKCOL', 'GET']) await issuer.fetch(new Request('https://otp.test/x', { method }));
    const counts = (await linesOf(metrics)).filter((line) => line.startsWith('issuer_request_seconds_count'));
    expect(counts).toEqual([
      'issuer_request_seconds_count{method="other",route="unknown",status="404"} 2',
      'issuer_request_seconds_count{method="GET",route="unknown",status="404"} 1',
    ]);
  });

  it('are counted apart by each that is created, and say nothing of the process unless asked', async () => {
    const [counting, other] = [createMetrics(), createMetrics()];
    counting.onFault({ during: 'ledger', error: undefined });
    expect(await linesOf(counting)).toContain('issuer_faults_total{during="ledger"} 1');
    expect(await other.text()).not.toMatch(/issuer_faults_total\{|process_/);
    expect(await createMetrics({ processMetrics: true }).text()).toContain('\nprocess_resident_memory_bytes ');
  });

  it('are refused with an option that does not exist', () => {
    const misspelt = { process: true };
    expect(() => createMetrics(misspelt as object)).toThrow('createMetrics has no option process.');
  });

  it('say how many SMS wait, which route is spared, and what receipts say', async () => {
    const metrics = createMetrics();
    for (const length of [1, 2]) metrics.onDelivery({ kind: 'queue', length });
    metrics.onDelivery({ kind: 'circuit', route: 'a', state: 'open' });
    metrics.onDelivery({ kind: 'circuit', route: 'b', state: 'open' });
    metrics.onDelivery({ kind: 'circuit', route: 'b', state: 'closed' });
    for (const _ of [1, 2]) metrics.onDelivery({ kind: 'receipt', route: 'a', status: 'delivered' });
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'issuer_sms_queue_length 2',
        'issuer_sms_circuit_open{route="a"} 1',
        'issuer_sms_circuit_open{route="b"} 0',
        'issuer_sms_receipts_total{route="a",status="delivered"} 2',
      ]),
    );
  });

  it('show from the start that no route is spared', async () => {
    const metrics = createMetrics();
    issuerUnderTest({ onDelivery: metrics.onDelivery });
    expect(await linesOf(metrics)).toContain('issuer_sms_circuit_open{route="sms"} 0');
  });
});
