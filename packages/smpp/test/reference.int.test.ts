/** What Kannel puts on the wire is the reference: for the same text and registration, ours must be the same bytes. */
import { hasKannel, type Kannel, startKannel } from '@verified-mobile/test-support/kannel';
import { type RecordedPdu, type SmscRecorder, startSmscRecorder } from '@verified-mobile/test-support/smsc-recorder';
import { type Tlv, userDataOf } from '@verified-mobile/test-support/smpp-pdu';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SmppRoute } from '../src/index.ts';
import { DLT, routeTo, send, sms } from './stage.ts';

/** 3GPP TS 23.038 without the escape, and its extension table without the page break. */
const ALPHABET =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION = '^{}\\[~]|€';

describe.runIf(hasKannel)('for the same text and registration, the route and Kannel send the same', () => {
  let smsc: SmscRecorder;
  let kannel: Kannel;
  let route: SmppRoute;

  beforeEach(async () => {
    smsc = await startSmscRecorder();
    kannel = await startKannel({ smscPort: smsc.port, parameters: { entity: 0x14_00, template: 0x14_01 } });
    ({ route } = routeTo(`smpp://127.0.0.1:${smsc.port}`, { receipts: false, validityPeriod: 'none' }));
    return async () => {
      await route.close();
      await kannel.stop();
      await smsc.stop();
    };
  });

  /** What each of them sends, without what differs from text to text. */
  const sent = async (text: string, isUnicode = false): Promise<{ ours: object[]; theirs: object[] }> => {
    expect(await send(route, sms(text))).toMatchObject({ outcome: 'accepted' });
    const ours = smsc.submits.splice(0).map(comparable);
    const parameters = { entity: DLT.entityId, template: DLT.templateId };
    await kannel.send({ from: DLT.header, to: '919002336768', text, isUnicode, parameters });
    await expect.poll(() => smsc.submits).toHaveLength(ours.length);
    return { ours, theirs: smsc.submits.splice(0).map(comparable) };
  };

  it('every character of the GSM alphabet', async () => {
    for (const line of `${ALPHABET}${EXTENSION}`.match(/[^]{1,40}/g)!) {
      const { ours, theirs } = await sent(line);
      expect(ours).toEqual(theirs);
    }
  });

  it('texts of the GSM alphabet as long as an SMS, as its parts, and as their borders allow', async () => {
    for (const length of [1, 2, 152, 153, 154, 159, 160, 161, 305, 306, 307, 459, 460]) {
      const { ours, theirs } = await sent(textOf(length, [...ALPHABET]));
      expect(ours).toEqual(theirs);
    }
  });

  it('texts in which each border may come to lie in an escape', async () => {
    for (const length of [76, 77, 80, 81, 82, 152, 153, 154, 230]) {
      const { ours, theirs } = await sent(textOf(length, [...`a${EXTENSION}`]));
      expect(ours).toEqual(theirs);
    }
  });

  it('texts in UCS-2, in as many parts', async () => {
    for (const length of [1, 66, 67, 68, 69, 70, 71, 133, 134, 135, 201, 202]) {
      const { ours, theirs } = await sent(`₹${textOf(length - 1, [...ALPHABET, ...'नमस्ते₹—“”'])}`, true);
      expect(ours).toEqual(theirs);
    }
  });
});

/** The same text for the same length, in which neighbours differ. */
function textOf(length: number, alphabet: readonly string[]): string {
  return Array.from({ length }, (_, index) => alphabet[(index * 31 + length * 7) % alphabet.length]).join('');
}

const [STORE_AND_FORWARD, MORE_MESSAGES] = [0x03, 0x04_26];

/** Without the numbers that differ from text to text, and what Kannel says of its own accord. */
function comparable(submit: RecordedPdu): object {
  const { header, text } = userDataOf(submit);
  const { esm_class, short_message: _both, ...fields } = submit.fields;
  return {
    ...fields,
    esm_class: Number(esm_class) & ~STORE_AND_FORWARD,
    header: [...header].filter((_octet, place) => place !== 3),
    text: text.toString('hex'),
    tlvs: submit.tlvs.filter(({ tag }: Tlv) => tag !== MORE_MESSAGES),
  };
}
