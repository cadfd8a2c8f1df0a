import { describe, expect, it } from 'vitest';
import { Backoff } from '../src/link/backoff.ts';
import { Requests } from '../src/link/requests.ts';
import { Throttle } from '../src/link/throttle.ts';
import { validityPeriod } from '../src/message/validity-period.ts';
import { FrameReader, GarbageError } from '../src/wire/frames.ts';
import { type Pdu, readPdu } from '../src/wire/read-pdu.ts';
import { EMPTY_BODY, writePdu } from '../src/wire/write-pdu.ts';

const answer = (command: string, sequence: number): Pdu => readPdu(writePdu(command, sequence, EMPTY_BODY));

describe('sequence numbers', () => {
  it('go from the largest that SMPP has to 1, and past those that wait for an answer', async () => {
    const requests = new Requests(60_000, () => undefined, 0x7fff_fffe);
    const open = [1, 2].map(() => requests.nextSequence());
    expect(open).toEqual([0x7fff_fffe, 0x7fff_ffff]);
    const first = requests.nextSequence();
    const waits = requests.answerTo(first, 'submit_sm');
    expect([first, requests.nextSequence()]).toEqual([1, 2]);
    const again = new Requests(60_000, () => undefined, 0x7fff_ffff);
    void again.answerTo(1, 'submit_sm');
    void again.answerTo(2, 'submit_sm');
    expect([again.nextSequence(), again.nextSequence()]).toEqual([0x7fff_ffff, 3]);
    requests.end();
    again.end();
    expect(await waits).toBeUndefined();
  });
});

describe('an answer', () => {
  it('is that of the request with its number and its command; a nack is of any command', async () => {
    const requests = new Requests(60_000, () => undefined);
    const [submit, probe] = [requests.answerTo(1, 'submit_sm'), requests.answerTo(2, 'enquire_link')];
    requests.answer(answer('enquire_link_resp', 1));
    requests.answer(answer('submit_sm_resp', 3));
    expect(requests.submits).toBe(1);
    requests.answer(answer('submit_sm_resp', 1));
    requests.answer(answer('generic_nack', 2));
    expect((await submit)?.command).toBe('submit_sm_resp');
    expect((await probe)?.command).toBe('generic_nack');
    expect([requests.submits, requests.isEmpty]).toEqual([0, true]);
  });

  it('that comes after the time-out is nobody’s, and each request is missed once', async () => {
    const missed: string[] = [];
    const requests = new Requests(100, (command) => void missed.push(command));
    expect(await Promise.all([requests.answerTo(1, 'submit_sm'), requests.answerTo(2, 'submit_sm')])).toEqual([
      undefined,
      undefined,
    ]);
    requests.answer(answer('submit_sm_resp', 1));
    expect([missed, requests.submits, requests.isEmpty]).toEqual([['submit_sm', 'submit_sm'], 0, true]);
  });
});

describe('the pause between two tries', () => {
  it('doubles up to the longest, is at least half of that, and begins anew', () => {
    const [least, most] = [0, 1].map((random) => new Backoff(100, 1_000, () => random));
    const delays = (backoff: Backoff): number[] => [1, 2, 3, 4, 5, 6].map(() => backoff.next());
    expect(delays(most!)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(delays(least!)).toEqual([50, 100, 200, 400, 500, 500]);
    most!.reset();
    expect([most!.next(), most!.longest()]).toEqual([100, 1_000]);
  });
});

describe('a throttling pause', () => {
  it('doubles while they go on, counts all answers in it once, and is forgotten after a quiet time', () => {
    let now = 0;
    const throttle = new Throttle(100, 300, () => now);
    expect([throttle.remainingMs, throttle.pause(), throttle.remainingMs]).toEqual([0, 'first', 100]);
    now = 99;
    expect([throttle.pause(), throttle.remainingMs]).toEqual(['no', 1]);
    now = 100;
    expect([throttle.remainingMs, throttle.pause(), throttle.remainingMs]).toEqual([0, 'longer', 200]);
    now = 300;
    expect([throttle.pause(), throttle.remainingMs]).toEqual(['longer', 300]);
    now = 900;
    expect([throttle.pause(), throttle.remainingMs]).toEqual(['longer', 300]);
    now = 1_501;
    expect([throttle.pause(), throttle.remainingMs]).toEqual(['first', 100]);
  });
});

describe('the end of a code’s life', () => {
  const NOW = Date.UTC(2026, 10, 29, 23, 59, 30, 500);

  it.each([
    [1_000, '000000000001000R'],
    [1_999, '000000000001000R'],
    [59_000, '000000000059000R'],
    [300_000, '000000000500000R'],
    [(26 * 3_600 + 61) * 1_000, '000001020101000R'],
    [400 * 86_400_000, '000030000000000R'],
  ])('in %i ms is told from now, never longer than it is', (milliseconds, expected) => {
    expect(validityPeriod(NOW + milliseconds, NOW, 'relative')).toBe(expected);
  });

  it('is told as an instant in UTC', () => {
    expect(validityPeriod(NOW + 31_000, NOW, 'absolute')).toBe('261130000001000+');
  });

  it('is over if less than a second is left, or if there is none', () => {
    for (const form of ['relative', 'absolute', 'none'] as const) {
      expect(validityPeriod(NOW + 999, NOW, form)).toBeUndefined();
      expect(validityPeriod(NOW - 1, NOW, form)).toBeUndefined();
      expect(validityPeriod(Number.NaN, NOW, form)).toBeUndefined();
    }
  });
});

describe('a stream of bytes', () => {
  const pdus = [
    writePdu('enquire_link', 1, EMPTY_BODY),
    writePdu('submit_sm_resp', 2, { fields: { message_id: 'a' } }),
  ];

  it('is cut where PDUs end, wherever packets do', () => {
    const stream = Buffer.concat(pdus);
    for (let at = 0; at <= stream.length; at += 1) {
      const reader = new FrameReader();
      const frames = [...reader.push(stream.subarray(0, at)), ...reader.push(stream.subarray(at))];
      expect(Buffer.concat(frames.map((frame) => Buffer.from(frame)))).toEqual(stream);
      expect(frames).toHaveLength(2);
    }
  });

  const head = (length: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length, 0);
    return bytes;
  };

  it.each([0, 15, 66_001, 0x48545450, 0xffff_ffff])('that begins with the length %i is garbage', (length) => {
    expect(() => [...new FrameReader().push(head(length))]).toThrow(GarbageError);
  });

  it.each([16, 66_000])('that begins with the length %i waits for the rest', (length) => {
    expect([...new FrameReader().push(head(length))]).toEqual([]);
  });
});

describe('a PDU', () => {
  it('cut short at any byte of its body is read as far as it goes, and said to be broken', () => {
    const fields = { source_addr: '56161', short_message: Buffer.from('id:1 stat:DELIVRD'), esm_class: 4 };
    const whole = writePdu('deliver_sm', 7, { fields, tlvs: [{ tag: 0x1e, value: Buffer.from('1\0') }] });
    expect(readPdu(whole)).toMatchObject({ command: 'deliver_sm', sequence: 7, isBroken: false, fields });
    for (let end = 17; end < whole.length; end += 1) {
      const cut = Buffer.from(whole.subarray(0, end));
      cut.writeUInt32BE(end, 0);
      // Where the fields end, and the parameter has not begun, it is whole.
      expect(readPdu(cut).isBroken).toBe(end !== whole.length - 6);
    }
    expect(readPdu(Buffer.from(whole.subarray(0, whole.length - 1))).isBroken).toBe(true);
  });

  it('of an unknown command is not read any further', () => {
    const stranger = writePdu('enquire_link', 9, EMPTY_BODY);
    stranger.writeUInt32BE(0x0001_0200, 4);
    expect(readPdu(stranger)).toMatchObject({ command: 'unknown', isResponse: false, sequence: 9, isBroken: false });
  });
});
