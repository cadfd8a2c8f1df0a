/** What becomes of a message, whatever the provider does about it. */
import type { SmsResult } from '@verified-mobile/issuer';
import { HOLD, lose, nth, refuse, STATUS } from '@verified-mobile/test-support/smsc-script';
import { writePdu } from '@verified-mobile/test-support/smpp-pdu';
import type { RecordedPdu } from '@verified-mobile/test-support/smsc-recorder';
import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { send, sms, stage } from './stage.ts';

const LONG = 'x'.repeat(300);

/** Bytes that the recorder would not write: up to the sequence number, that of the request, and a body. */
function rawAnswer(head: string, { sequence }: RecordedPdu, body = ''): Buffer {
  return Buffer.from(`${head}${sequence.toString(16).padStart(8, '0')}${body}`, 'hex');
}

describe('an accepted message', () => {
  it('has the id that the provider gave it, and of a long one the id of its last part', async () => {
    const { smsc, route } = await stage();
    expect(await send(route)).toEqual({ outcome: 'accepted', messageId: '1-2' });
    expect(await send(route, sms(LONG))).toEqual({ outcome: 'accepted', messageId: '1-4' });
    expect(smsc.submits).toHaveLength(3);
  });

  it.each([
    ['none', ''],
    ['one with blanks', 'a b'],
  ])('has no id if the provider gives %s', async (_what, messageId) => {
    const { route } = await stage(
      {},
      { script: { submit: () => ({ do: 'accept', fields: { message_id: messageId } }) } },
    );
    expect(await send(route)).toEqual({ outcome: 'accepted' });
  });

  it('is accepted also if nothing but the status can be read of the answer', async () => {
    const { smsc, route } = await stage({}, { script: { submit: () => HOLD } });
    const result = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    const [submit] = smsc.submits;
    smsc.write(rawAnswer('000000148000000400000000', submit!, 'ffffffff'));
    expect(await result).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a refusal', () => {
  it.each([
    ['message', STATUS.invalidDestination, 'ESME_RINVDSTADR'],
    ['message', STATUS.submitFailed, 'ESME_RSUBMITFAIL'],
    ['message', 633, '633'],
    ['message', 0x0410, '0x0410'],
    ['unavailable', STATUS.systemError, 'ESME_RSYSERR'],
    ['unavailable', STATUS.wrongBindState, 'ESME_RINVBNDSTS'],
    ['unavailable', 0x64, 'ESME_RX_T_APPN'],
    ['throttled', STATUS.throttled, 'ESME_RTHROTTLED'],
    ['throttled', STATUS.queueFull, 'ESME_RMSGQFUL'],
  ])('as %s: status %i, which is called %s', async (reason, status, operatorCode) => {
    const { route } = await stage({}, { script: { submit: nth(1, refuse(status)) } });
    expect(await send(route)).toMatchObject({ outcome: 'refused', reason, operatorCode });
  });

  it('means what the route says that this provider means by it', async () => {
    const statuses = {
      '0x0410': { reason: 'throttled' },
      8: { operatorCode: '633' },
      0x58: { reason: 'message' },
    } as const;
    const { smsc, route } = await stage({ statuses });
    smsc.follow({ submit: () => refuse(0x58) });
    expect(await send(route)).toEqual({ outcome: 'refused', reason: 'message', operatorCode: 'ESME_RTHROTTLED' });
    smsc.follow({ submit: () => refuse(8) });
    expect(await send(route)).toEqual({ outcome: 'refused', reason: 'unavailable', operatorCode: '633' });
    smsc.follow({ submit: () => refuse(0x0410) });
    expect(await send(route)).toMatchObject({ outcome: 'refused', reason: 'throttled', operatorCode: '0x0410' });
  });

  it('is also a nack of the PDU', async () => {
    const { smsc, route } = await stage({}, { script: { submit: () => HOLD } });
    const result = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    smsc.write(rawAnswer('000000108000000000000003', smsc.submits[0]!));
    expect(await result).toEqual({ outcome: 'refused', reason: 'unavailable', operatorCode: 'ESME_RINVCMDID' });
  });

  it('comes at once for a message whose code has expired, and nothing is sent', async () => {
    const { smsc, route } = await stage();
    await route.ready();
    const expired = { outcome: 'refused', reason: 'message', operatorCode: 'expired' };
    expect(await send(route, sms('1 is the OTP.', { expiresAt: Date.now() + 500 }))).toEqual(expired);
    expect(smsc.submits).toEqual([]);
  });
});

describe('a long message', () => {
  it('whose first part is refused is refused, and the others are not sent', async () => {
    const { smsc, route } = await stage({}, { script: { submit: nth(1, refuse(STATUS.invalidDestination)) } });
    expect(await send(route, sms(LONG))).toMatchObject({ outcome: 'refused', reason: 'message' });
    expect(smsc.submits).toHaveLength(1);
  });

  it('whose second part is refused is unknown, as the first may arrive, and is not sent again', async () => {
    const { smsc, route } = await stage({}, { script: { submit: nth(2, refuse(STATUS.throttled)) } });
    expect(await send(route, sms('x'.repeat(400)))).toEqual({ outcome: 'unknown' });
    expect(smsc.submits).toHaveLength(2);
  });

  it('that has begun is finished in a pause and while the route closes, so that no half of it stays on the phone', async () => {
    const { smsc, route } = await stage(
      { window: 2, throttlePauseMs: 60_000, longestThrottlePauseMs: 60_000 },
      { script: { submit: () => HOLD } },
    );
    const [long, other] = [send(route, sms(LONG)), send(route)];
    await expect.poll(() => smsc.inFlight).toBe(2);
    smsc.answer(smsc.submits[1]!, refuse(STATUS.throttled));
    expect(await other).toMatchObject({ reason: 'throttled' });
    const closed = route.close();
    smsc.answer(smsc.submits[0]!);
    await expect.poll(() => smsc.submits.length).toBe(3);
    smsc.answer(smsc.submits[2]!);
    expect(await long).toMatchObject({ outcome: 'accepted' });
    await closed;
  });

  it('that has begun is unknown if the connection is lost, or its code expires, before the rest was sent', async () => {
    const { smsc, route } = await stage({}, { script: { submit: nth(1, lose('after')) } });
    expect(await send(route, sms(LONG))).toEqual({ outcome: 'unknown' });
    smsc.follow({ submit: () => HOLD });
    await expect
      .poll(async () =>
        route.ready().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const expiresAt = Date.now() + 300_000;
    const result = send(route, sms(LONG, { expiresAt }));
    await expect.poll(() => smsc.inFlight).toBe(1);
    vi.setSystemTime(expiresAt);
    smsc.answer(smsc.submits.at(-1)!);
    expect(await result).toEqual({ outcome: 'unknown' });
    expect(smsc.submits.filter(({ connection }) => connection === 2)).toHaveLength(1);
  });

  it('that has begun is not finished over another connection', async () => {
    const { smsc, route } = await stage({}, { script: { submit: nth(1, HOLD) } });
    const result = send(route, sms(LONG));
    await expect.poll(() => smsc.inFlight).toBe(1);
    const { sequence } = smsc.submits[0]!;
    const accepted = writePdu({ command: 'submit_sm_resp', sequence, fields: { message_id: '7' } });
    smsc.write(Buffer.concat([accepted, writePdu({ command: 'unbind', sequence: 8 })]));
    expect(await result).toEqual({ outcome: 'unknown' });
    await expect.poll(async () => send(route, sms('next'))).toMatchObject({ outcome: 'accepted' });
    expect(smsc.submits.map(({ fields }) => fields['esm_class'])).toEqual([0x40, 0]);
    expect(smsc.takeFaults()).toEqual([expect.stringContaining('unbind_resp answers 8')]);
  });

  it('that was begun is finished before another one begins', async () => {
    const { smsc, route } = await stage({ window: 1 });
    await Promise.all([send(route, sms(LONG)), send(route, sms('short')), send(route, sms(LONG))]);
    expect(smsc.submits.map(({ fields }) => fields['esm_class'])).toEqual([0x40, 0x40, 0, 0x40, 0x40]);
  });
});

describe('a message without an answer', () => {
  it('is unknown after the time-out, and is never sent again', async () => {
    const { smsc, route } = await stage({ responseTimeoutMs: 1_000 }, { script: { submit: nth(1, HOLD) } });
    expect(await send(route)).toEqual({ outcome: 'unknown' });
    // The provider answers the question whether it lives, so the connection stays and others go on.
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(smsc.connections).toBe(1);
    expect(smsc.submits).toHaveLength(2);
  });

  it('puts the provider in doubt: others are refused unsent until it says something', async () => {
    const script = { submit: () => HOLD, enquireLink: () => HOLD };
    const { smsc, route } = await stage({ responseTimeoutMs: 1_000, window: 1, enquireLinkSeconds: 600 }, { script });
    const first = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    const second = send(route);
    expect(await first).toEqual({ outcome: 'unknown' });
    expect(await second).toEqual({ outcome: 'refused', reason: 'unavailable' });
    expect(smsc.submits).toHaveLength(1);
    smsc.follow({});
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
  });

  it.each(['before', 'midway'] as const)('is unknown if the connection is lost %s the answer', async (at) => {
    const { smsc, route } = await stage({}, { script: { submit: nth(1, lose(at)) } });
    expect(await send(route)).toEqual({ outcome: 'unknown' });
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(smsc.submits).toHaveLength(2);
    expect(smsc.connections).toBe(2);
  });

  it('keeps its place in the window until the provider has answered it', async () => {
    const { smsc, route } = await stage({ window: 1 }, { script: { submit: () => HOLD } });
    const controller = new AbortController();
    const given = route.send(sms(), controller);
    await expect.poll(() => smsc.inFlight).toBe(1);
    controller.abort();
    expect(await given).toEqual({ outcome: 'unknown' });
    const next = send(route);
    await route.ready();
    expect(smsc.submits).toHaveLength(1);
    smsc.follow({});
    smsc.answer(smsc.submits[0]!);
    expect(await next).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a message whose time is over', () => {
  it('before it was written is refused, and is not sent when there is room', async () => {
    const { smsc, route } = await stage({ window: 1 }, { script: { submit: () => HOLD } });
    const first = send(route);
    const controller = new AbortController();
    const second = route.send(sms('second'), controller);
    await expect.poll(() => smsc.inFlight).toBe(1);
    controller.abort();
    expect(await second).toEqual({ outcome: 'refused', reason: 'unavailable' });
    smsc.answer(smsc.submits[0]!);
    expect(await first).toMatchObject({ outcome: 'accepted' });
    await route.ready();
    expect(smsc.submits).toHaveLength(1);
  });

  it('when it comes is refused, and no listener stays on its signal', async () => {
    const { smsc, route } = await stage();
    expect(await route.send(sms(), { signal: AbortSignal.abort() })).toEqual({
      outcome: 'refused',
      reason: 'unavailable',
    });
    const { signal } = new AbortController();
    await route.send(sms(), { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(smsc.submits).toHaveLength(1);
  });
});

describe('the window', () => {
  it('is never exceeded, nor left with room while messages wait', async () => {
    const { smsc, route } = await stage({ window: 7 }, { script: { submit: () => HOLD } });
    const results = Promise.all(Array.from({ length: 50 }, async () => send(route)));
    for (let answered = 0; answered < 50; answered += 1) {
      await expect.poll(() => smsc.submits.length).toBe(Math.min(50, answered + 7));
      smsc.answer(smsc.submits[answered]!);
    }
    expect((await results).every(({ outcome }) => outcome === 'accepted')).toBe(true);
    expect(smsc.mostInFlight).toBe(7);
  });

  it('has 10,000 messages wait, and refuses more as throttled', async () => {
    const { smsc, route } = await stage({ window: 1 }, { script: { submit: () => HOLD } });
    const first = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    const controllers = Array.from({ length: 10_000 }, () => new AbortController());
    const waiting = controllers.map(async (controller) => route.send(sms(), controller));
    expect(await send(route)).toEqual({ outcome: 'refused', reason: 'throttled' });
    for (const controller of controllers) controller.abort();
    expect(new Set((await Promise.all(waiting)).map((result: SmsResult) => JSON.stringify(result))).size).toBe(1);
    smsc.answer(smsc.submits[0]!);
    expect(await first).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a provider that takes no more for a while', () => {
  it('is sent nothing in the pause, and what waited is refused; then messages go again', async () => {
    const { smsc, route, faults } = await stage(
      { window: 1, throttlePauseMs: 300 },
      { script: { submit: nth(1, refuse(STATUS.throttled)) } },
    );
    const [first, second] = await Promise.all([send(route), send(route)]);
    expect(first).toMatchObject({ outcome: 'refused', reason: 'throttled', operatorCode: 'ESME_RTHROTTLED' });
    expect(second).toMatchObject({ outcome: 'refused', reason: 'throttled' });
    const pause = first.outcome === 'refused' ? (first.retryAfterMs ?? 0) : 0;
    expect(pause).toBeGreaterThan(0);
    expect(pause).toBeLessThanOrEqual(300);
    expect(smsc.submits).toHaveLength(1);
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(faults.filter(({ kind }) => kind === 'throttled')).toEqual([
      expect.objectContaining({ status: 'ESME_RTHROTTLED', message: expect.stringContaining('window') }),
    ]);
  });

  it('makes `ready` reject until the pause is over', async () => {
    const { route } = await stage(
      { throttlePauseMs: 60_000, longestThrottlePauseMs: 60_000 },
      { script: { submit: nth(1, refuse(STATUS.queueFull)) } },
    );
    await route.ready();
    await send(route);
    await expect(route.ready()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/takes no more for \d+ ms/),
    });
  });
});
