import { describe, expect, it } from 'vitest';
import type { IssuerEvent, IssuerFault, Ledger } from '@verified-mobile/issuer';
import { createPseudonyms } from '../src/domain/pseudonyms.ts';
import { issuerUnderTest, OTP_URL, sendBody, SHOP } from './support/issuer-under-test.ts';

/** A ledger whose writes do what the test says, line by line. */
function ledgerThat(append: (event: IssuerEvent) => Promise<void>): Ledger {
  return { append, ready: async () => {}, close: async () => {} };
}

const brokenAt = (broken: IssuerEvent['outcome'], kind: IssuerEvent['kind'] = 'send'): Ledger =>
  ledgerThat(async (event) => {
    if (event.kind === kind && event.outcome === broken) throw new Error('disk full');
  });

describe('the line that says that an SMS is about to be sent', () => {
  it('is in the ledger before the provider is asked', async () => {
    const lines: string[] = [];
    let write = (): void => {};
    const ledger = ledgerThat(async ({ outcome }) => {
      if (outcome === 'intended') await new Promise<void>((resolve) => (write = resolve));
      lines.push(outcome);
    });
    const issuer = issuerUnderTest({ ledger });
    const answer = issuer.send();
    await expect.poll(() => issuer.events.length).toBe(1);
    expect(issuer.sms).toEqual([]);
    write();
    expect((await answer).status).toBe(0);
    expect(lines).toEqual(['intended', 'accepted']);
  });

  it.each<[string, Ledger]>([
    ['fails', brokenAt('intended')],
    ['hangs', ledgerThat(async () => new Promise(() => {}))],
  ])('holds no send up if the ledger %s', async (_, ledger) => {
    const issuer = issuerUnderTest({ ledger, onFault: () => {} });
    expect((await issuer.send()).status).toBe(0);
    expect(issuer.sms).toHaveLength(1);
  });
});

describe('with ledgerWrites before-answer', () => {
  const options = { ledgerWrites: 'before-answer', onFault: () => {} } as const;

  it.each<[string, Ledger]>([
    ['fails', brokenAt('intended')],
    ['hangs', ledgerThat(async () => new Promise(() => {}))],
  ])('no SMS is sent while the ledger %s, and the code before stays the live one', async (_, broken) => {
    let ledger = ledgerThat(async () => {});
    const issuer = issuerUnderTest({ ...options, ledger: ledgerThat(async (event) => ledger.append(event)) });
    await issuer.send();
    ledger = broken;
    expect((await issuer.request('POST', OTP_URL, { ...sendBody(), client_ref_id: 'other' })).status).toBe(500);
    expect(issuer.sms).toHaveLength(1);
    ledger = ledgerThat(async () => {});
    expect((await issuer.verify()).status).toBe(0);
  });

  it('a token is answered when its line is written, and a repetition within ten seconds brings one that was not', async () => {
    let ledger = brokenAt('accepted', 'token');
    const issuer = issuerUnderTest({ ...options, ledger: ledgerThat(async (event) => ledger.append(event)) });
    await issuer.send();
    const refused = await issuer.verifyText(issuer.newestCode());
    expect(refused).toContain('Internal error.');
    expect(refused).not.toContain('otp_verification_token');
    ledger = ledgerThat(async () => {});
    expect((await issuer.verify()).status).toBe(0);
  });

  it('a line of a refusal is waited for, too', async () => {
    const issuer = issuerUnderTest({ ...options, ledger: brokenAt('refused', 'refusal') });
    expect((await issuer.request('POST', OTP_URL, {})).status).toBe(500);
  });
});

describe('an event', () => {
  it('says from where it was asked, and the tid of the answer', async () => {
    const issuer = issuerUnderTest({ trustedProxies: 1 });
    const sent = await issuer.send();
    const verified = await issuer.verify();
    expect(issuer.events.map(({ kind, tid }) => [kind, tid])).toEqual([
      ['send', sent.data?.['tid']],
      ['send', sent.data?.['tid']],
      ['attempt', verified.data?.['tid']],
      ['token', verified.data?.['tid']],
    ]);
    const request = new Request(OTP_URL, { method: 'POST', headers: { 'x-forwarded-for': '10.0.0.1, 203.0.113.7' } });
    await issuer.fetch(request, { remoteAddress: '127.0.0.1' });
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'refusal', address: '203.0.113.7' });
  });

  it('of a repetition names what was answered before', async () => {
    const issuer = issuerUnderTest();
    const body = { client_ref_id: 'payout-1' };
    const { data } = await issuer.send(body);
    await issuer.send(body);
    expect(issuer.events.at(-1)).toMatchObject({ reason: 'repeated', tid: data?.['tid'] });
    await issuer.verify();
    const { tokenId } = issuer.events.at(-1)!;
    await issuer.verify();
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'attempt', reason: 'repeated', tokenId });
  });

  it('names mobile and agent masked, and with a key by digests that are the same each time', async () => {
    const issuer = issuerUnderTest({ digestKey: Buffer.alloc(32, 1) });
    await issuer.send();
    await issuer.send({ mobile: '+91 90023 36768' });
    await issuer.send({ mobile: '9002336769' });
    const [, first, , same, , other] = issuer.events;
    expect(first).toMatchObject({
      mobile: '+9190******68',
      cspId: expect.stringMatching(/^[0-9]{2}\*{6}[0-9]{2}$/) as string,
    });
    expect(first?.mobileDigest).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(first?.mobileDigest).toBe(same?.mobileDigest);
    expect(first?.mobileDigest).not.toBe(other?.mobileDigest);
    expect(first?.cspDigest).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const [withoutKey] = await eventsOf(issuerUnderTest());
    expect(withoutKey).not.toHaveProperty('mobileDigest');
    const [otherKey] = await eventsOf(issuerUnderTest({ digestKey: Buffer.alloc(32, 2) }));
    expect(otherKey?.mobileDigest).not.toBe(first?.mobileDigest);
  });

  it.each([
    ['9002336768', '90******68'],
    ['order-9002336768-1', 'order-90******68-1'],
    ['202605229002336768', '2026052290******68'],
    ['for 9811111111 by 09822222222', 'for 98******11 by 098******22'],
    ['+919811111111', '+9198******11'],
    ['211101129871', '211101129871'],
    ['payout 5811111111', 'payout 5811111111'],
  ])('writes the reference %s as %s', (reference, written) => {
    expect(createPseudonyms(undefined).inReference(reference, '+919002336768')).toBe(written);
  });
});

it('an outage of the ledger is told as a fault', async () => {
  const faults: IssuerFault['during'][] = [];
  const issuer = issuerUnderTest({ ledger: brokenAt('accepted'), onFault: ({ during }) => void faults.push(during) });
  await issuer.send();
  expect(faults).toEqual(['ledger']);
});

async function eventsOf(issuer: ReturnType<typeof issuerUnderTest>): Promise<IssuerEvent[]> {
  await issuer.send({}, SHOP);
  return issuer.events;
}
