import { describe, expect, it } from 'vitest';
import { type IssuerFault, type Ledger, type Measurement, memoryOtpStore } from '@verified-mobile/issuer';
import { createMetrics } from '@verified-mobile/issuer/metrics';
import { measured } from '../src/setup/measure.ts';
import { BASE_URL, issuerUnderTest, SHOP } from './support/issuer-under-test.ts';

/** What was measured, without how long it took. */
function measuring(): { seen: string[]; onMeasured: (measurement: Measurement) => void } {
  const seen: string[] = [];
  return {
    seen,
    onMeasured: ({ durationMs: _durationMs, ...rest }) => void seen.push(Object.values(rest).join(' ')),
  };
}

const quietLedger: Ledger = { append: async () => {}, ready: async () => {}, close: async () => {} };

describe('what the issuer waits for is measured', () => {
  it('by SMS hand-over, verb of the store and append to the ledger', async () => {
    const { seen, onMeasured } = measuring();
    const issuer = issuerUnderTest({ onMeasured, ledger: quietLedger });
    await issuer.token();
    await issuer.request('GET', `${BASE_URL}/usage?initiator_id=${SHOP.initiatorId}`);
    await issuer.nodes[0]?.release('shop', '9002336768');
    expect(seen.filter((one) => !one.startsWith('ledger'))).toEqual([
      'store reserveSend answered',
      'sms sms accepted',
      'store commitSend answered',
      'store countAttempt answered',
      'store consume answered',
      'store usage answered',
      'store release answered',
    ]);
    // A send as intended and as accepted, an attempt, a token, a release.
    expect(seen.filter((one) => one.startsWith('ledger'))).toEqual(Array.from({ length: 5 }, () => 'ledger written'));
  });

  it('with the outcome of an SMS that was refused, and of one whose deadline passed', async () => {
    const { seen, onMeasured } = measuring();
    const refuse = async (): Promise<never> => Promise.reject(new Error('refused'));
    const refusing = issuerUnderTest({ onMeasured, sendSms: refuse, onFault: () => {} });
    await refusing.send();
    expect(seen).toEqual(['store reserveSend answered', 'sms sms refused', 'store cancelSend answered']);
    seen.splice(0);
    const hanging = issuerUnderTest({ onMeasured, sendSms: async () => new Promise(() => {}), smsTimeoutMs: 1 });
    await hanging.send();
    expect(seen).toEqual(['store reserveSend answered', 'sms sms unknown', 'store commitSend answered']);
  });

  it('as failed if store or ledger could not do it, and the failure is passed on', async () => {
    const { seen, onMeasured } = measuring();
    const down = async (): Promise<never> => Promise.reject(new Error('down'));
    const store = { ...memoryOtpStore(), countAttempt: down };
    const faults: IssuerFault[] = [];
    const ledger = { ...quietLedger, append: down };
    const issuer = issuerUnderTest({ onMeasured, store, ledger, onFault: (fault) => void faults.push(fault) });
    expect((await issuer.verify({ otp: '134021' })).message).toBe('Internal error.');
    expect(seen).toEqual(['store countAttempt failed', 'ledger failed']);
    expect(faults.map(({ during }) => during)).toEqual(['request', 'ledger']);
  });

  it('from call to answer, in milliseconds', async () => {
    let now = 1_000;
    const seen: Measurement[] = [];
    const { handOver, store, ledger } = measured(
      {
        store: { ...memoryOtpStore(), release: async () => void (now += 3) },
        handOver: async () => {
          now += 250;
          return { outcome: 'accepted' };
        },
        ledger: { ...quietLedger, append: async () => void (now += 12) },
      },
      (measurement) => void seen.push(measurement),
      () => now,
    );
    await store.release('subject', 0);
    await handOver({ name: 'a' } as never, {} as never, 1_000);
    await ledger?.append({} as never);
    expect(seen.map(({ durationMs }) => durationMs)).toEqual([3, 250, 12]);
  });

  it('without a change to the readiness of store and ledger, and the ledger is closed', async () => {
    const asked: string[] = [];
    const store = { ...memoryOtpStore(), ready: async () => void asked.push('store') };
    const ledger: Ledger = {
      append: async () => {},
      ready: async () => void asked.push('ledger'),
      close: async () => void asked.push('closed'),
    };
    const [issuer] = issuerUnderTest({ onMeasured: () => {}, store, ledger }).nodes;
    await issuer?.ready();
    await issuer?.close();
    expect(asked).toEqual(['store', 'ledger', 'closed']);
  });

  it('and a listener that throws is a fault that changes no answer', async () => {
    const faults: IssuerFault[] = [];
    const onMeasured = (): never => {
      throw new Error('listener');
    };
    const issuer = issuerUnderTest({ onMeasured, onFault: (fault) => void faults.push(fault) });
    expect(await issuer.send()).toMatchObject({ message: 'OTP has been sent' });
    expect(faults.map(({ during }) => during)).toEqual(['event', 'event', 'event']);
  });
});

describe('the metrics of what is measured', () => {
  it('are histograms in seconds by verb and outcome', async () => {
    const { onMeasured, text } = createMetrics();
    onMeasured({ part: 'sms', route: 'a', outcome: 'unknown', durationMs: 5_000 });
    onMeasured({ part: 'store', verb: 'consume', outcome: 'failed', durationMs: 1.5 });
    onMeasured({ part: 'ledger', outcome: 'written', durationMs: 2 });
    expect((await text()).split('\n')).toEqual(
      expect.arrayContaining([
        'issuer_sms_seconds_bucket{le="2.5",route="a",outcome="unknown"} 0',
        'issuer_sms_seconds_bucket{le="5",route="a",outcome="unknown"} 1',
        'issuer_store_seconds_bucket{le="0.001",verb="consume",outcome="failed"} 0',
        'issuer_store_seconds_bucket{le="0.0025",verb="consume",outcome="failed"} 1',
        'issuer_ledger_seconds_sum{outcome="written"} 0.002',
      ]),
    );
  });
});
