/** What a provider says later of a message, in every form that it may have. */
import type { SmsReceipt } from '@verified-mobile/issuer';
import { receiptFor } from '@verified-mobile/test-support/delivery-receipt';
import { type Fields, type Tlv, writePdu } from '@verified-mobile/test-support/smpp-pdu';
import { describe, expect, it } from 'vitest';
import type { SmppRouteOptions } from '../src/index.ts';
import { send, type Stage, stage } from './stage.ts';

interface Desk extends Stage {
  readonly receipts: SmsReceipt[];
  /** Sends a `deliver_sm` and returns the status of its answer. */
  readonly deliver: (fields: Fields, tlvs?: readonly Tlv[]) => Promise<number>;
}

async function desk(options: Partial<SmppRouteOptions> = {}): Promise<Desk> {
  const staged = await stage(options);
  const receipts: SmsReceipt[] = [];
  staged.route.onReceipt((receipt) => void receipts.push(receipt));
  await staged.route.ready();
  const deliver: Desk['deliver'] = async (fields, tlvs = []) => {
    const request = staged.smsc.ask('deliver_sm', fields, tlvs);
    await expect.poll(() => staged.smsc.answerTo(request)?.command, { interval: 5 }).toBe('deliver_sm_resp');
    return staged.smsc.answerTo(request)!.status;
  };
  return { ...staged, receipts, deliver };
}

const text = (receipt: string): Fields => ({ esm_class: 4, short_message: Buffer.from(receipt, 'latin1') });
const SENT = 'submit date:2611291200 done date:2611291201';

describe('a receipt', () => {
  it.each(['text', 'parameters', 'both'] as const)(
    'for a message that was sent, given by %s, names it',
    async (form) => {
      const { smsc, route, receipts, deliver } = await desk();
      const result = await send(route);
      const messageId = result.outcome === 'accepted' ? (result.messageId ?? '') : '';
      const [, ok, okTlvs] = receiptFor(smsc.submits[0]!, { messageId, state: 'DELIVRD', form });
      expect(await deliver(ok, okTlvs)).toBe(0);
      const [, bad, badTlvs] = receiptFor(smsc.submits[0]!, { messageId, state: 'UNDELIV', error: '633', form });
      expect(await deliver(bad, badTlvs)).toBe(0);
      expect(receipts).toEqual([
        { messageId, status: 'delivered' },
        { messageId, status: 'undelivered', operatorCode: '633' },
      ]);
    },
  );

  it.each([
    ['ENROUTE', 'accepted'],
    ['ACCEPTD', 'accepted'],
    ['DELIVRD', 'delivered'],
    ['delivered', 'delivered'],
    ['EXPIRED', 'expired'],
    ['DELETED', 'undelivered'],
    ['UNDELIV', 'undelivered'],
    ['FAILED', 'undelivered'],
    ['UNKNOWN', 'undelivered'],
    ['REJECTD', 'rejected'],
  ])('with the state %s says %s', async (stat, status) => {
    const { receipts, deliver } = await desk();
    await deliver(text(`id:7 sub:001 dlvrd:001 ${SENT} stat:${stat} err:000 text:`));
    expect(receipts).toEqual([{ messageId: '7', status }]);
  });

  it.each([
    [1, 'accepted'],
    [2, 'delivered'],
    [3, 'expired'],
    [4, 'undelivered'],
    [5, 'undelivered'],
    [6, 'accepted'],
    [7, 'undelivered'],
    [8, 'rejected'],
  ])('with the state %i in its parameter says %s', async (state, status) => {
    const { receipts, deliver } = await desk();
    await deliver({ esm_class: 4 }, [
      { tag: 0x1e, value: Buffer.from('7\0') },
      { tag: 0x0427, value: Buffer.of(state) },
    ]);
    expect(receipts).toEqual([{ messageId: '7', status }]);
  });

  it('of a message under way is one, and so is one that is marked by its parameters only', async () => {
    const { receipts, deliver } = await desk();
    await deliver({ ...text('id:7 stat:ENROUTE err:000'), esm_class: 0x20 });
    await deliver({ esm_class: 0 }, [
      { tag: 0x1e, value: Buffer.from('8\0') },
      { tag: 0x0427, value: Buffer.of(2) },
    ]);
    expect(receipts).toEqual([
      { messageId: '7', status: 'accepted' },
      { messageId: '8', status: 'delivered' },
    ]);
  });

  it('keeps an id with characters that the GSM alphabet has elsewhere', async () => {
    const { receipts, deliver } = await desk();
    await deliver(text(`id:a_b@c$d-{1} sub:001 dlvrd:001 ${SENT} stat:DELIVRD err:000 text:`));
    expect(receipts[0]?.messageId).toBe('a_b@c$d-{1}');
  });

  it('is not taken in by the text of the message at its end', async () => {
    const { receipts, deliver } = await desk();
    await deliver(text(`id:7 sub:001 dlvrd:001 ${SENT} stat:DELIVRD Text:id:8 stat:REJECTD err:9`));
    await deliver(text(`${SENT} stat:DELIVRD text:id:9`));
    expect(receipts).toEqual([{ messageId: '7', status: 'delivered' }]);
  });

  it('may stand in UCS-2, in message_payload, and with fields in another order and letter case', async () => {
    const { receipts, deliver } = await desk();
    const ucs2 = Buffer.from('id:7 stat:DELIVRD err:000', 'utf16le').swap16();
    await deliver({ esm_class: 4, data_coding: 8, short_message: ucs2 });
    await deliver({ esm_class: 4 }, [{ tag: 0x0424, value: Buffer.from('Stat:UNDELIV Err:0x21 ID:8') }]);
    expect(receipts).toEqual([
      { messageId: '7', status: 'delivered' },
      { messageId: '8', status: 'undelivered', operatorCode: '0x21' },
    ]);
  });

  it.each([
    ['hex-in-answer', '1aF', 'id:0000000431 stat:DELIVRD'],
    ['hex-in-receipt', '0431', 'id:000001AF stat:DELIVRD'],
    ['as-is', '1-2', 'id:1-2 stat:DELIVRD'],
  ] as const)(
    'finds its message though the provider writes the number otherwise: %s',
    async (messageIds, answered, receipt) => {
      const { smsc, route, receipts, deliver } = await desk({ messageIds });
      smsc.follow({ submit: () => ({ do: 'accept', fields: { message_id: answered } }) });
      const result = await send(route);
      await deliver(text(receipt));
      expect(receipts).toEqual([{ messageId: result.outcome === 'accepted' && result.messageId, status: 'delivered' }]);
    },
  );

  it('believes the parameter before the text as it is, and the text where the forms differ', async () => {
    const tlvs = [{ tag: 0x1e, value: Buffer.from('1AF\0') }];
    const asIs = await desk();
    await asIs.deliver(text('id:431 stat:DELIVRD'), tlvs);
    expect(asIs.receipts[0]?.messageId).toBe('1AF');
    const hex = await desk({ messageIds: 'hex-in-answer' });
    await hex.deliver(text('id:431 stat:DELIVRD'), tlvs);
    await hex.deliver(text('stat:DELIVRD'), tlvs);
    await hex.deliver(text('id:431 stat:DELIVRD'), [{ tag: 0x1e, value: Buffer.from('431\0') }]);
    expect(hex.receipts.map(({ messageId }) => messageId)).toEqual(['431', '431', '431']);
  });
});

describe('what is no receipt', () => {
  it.each([
    ['an SMS of a customer', { short_message: Buffer.from('id:7 stat:DELIVRD') }],
    ['a receipt without an id', text('stat:DELIVRD err:000')],
    ['a receipt without a state', text('id:7 err:000')],
    ['a receipt with a state that nobody knows', text('id:7 stat:WEIRD')],
    ['a receipt with an id that is none', text('id:\u00ff stat:DELIVRD')],
    ['an empty one', text('')],
  ])('is answered, or it would come again and again: %s', async (_what, fields) => {
    const { receipts, deliver } = await desk();
    expect(await deliver(fields)).toBe(0);
    expect(receipts).toEqual([]);
  });
});

describe('a function that takes receipts', () => {
  it('and throws has the provider keep the receipt, and one report says so', async () => {
    const { route, deliver, faults } = await desk();
    let isWorking = false;
    const taken: SmsReceipt[] = [];
    route.onReceipt((receipt) => {
      if (!isWorking) throw new Error('a database is away, and here is a secret');
      taken.push(receipt);
    });
    const receipt = text('id:7 stat:DELIVRD');
    expect([await deliver(receipt), await deliver(receipt)]).toEqual([0x64, 0x64]);
    isWorking = true;
    expect(await deliver(receipt)).toBe(0);
    expect(taken).toEqual([{ messageId: '7', status: 'delivered' }]);
    const reports = faults.filter(({ kind }) => kind === 'receipt-failed');
    expect(reports).toHaveLength(1);
    expect(JSON.stringify(reports)).not.toContain('secret');
  });

  it('and fails after it returned does not end the process', async () => {
    const { route, deliver, faults } = await desk();
    const takeLater = async (_receipt: SmsReceipt): Promise<void> => Promise.reject(new Error('later'));
    route.onReceipt((receipt) => takeLater(receipt) as unknown as undefined);
    expect(await deliver(text('id:7 stat:DELIVRD'))).toBe(0);
    await expect.poll(() => faults.at(-1)?.kind).toBe('receipt-failed');
  });
});

it('a receipt behind an unbind is not taken, as it cannot be answered and will come again', async () => {
  const { smsc, receipts, faults } = await desk();
  const fields = { esm_class: 4, short_message: Buffer.from('id:7 stat:DELIVRD') };
  const [unbind, receipt] = [
    writePdu({ command: 'unbind', sequence: 8 }),
    writePdu({ command: 'deliver_sm', sequence: 9, fields }),
  ];
  smsc.write(Buffer.concat([unbind, receipt]));
  await expect.poll(() => faults.map(({ kind }) => kind)).toEqual(['bound', 'lost', 'bound']);
  expect(smsc.takeFaults()).toEqual([expect.stringContaining('unbind_resp answers 8')]);
  expect(receipts).toEqual([]);
});

it('a receipt that nobody listens to is answered', async () => {
  const { smsc, route } = await stage();
  await route.ready();
  const request = smsc.ask('deliver_sm', text('id:7 stat:DELIVRD'));
  await expect.poll(() => smsc.answerTo(request)).toMatchObject({ command: 'deliver_sm_resp', status: 0 });
});
