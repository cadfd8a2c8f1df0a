import { describe, expect, it } from 'vitest';
import { clientAnswered, errorOf } from './support.ts';

const TID = '2886978474';
const DATA = {
  tid: TID,
  initiator_id: '1234567891',
  mobile: '+9190******68',
  state: 'accepted',
  route: 'first',
  message_id: 'sms-1',
  operator_code: '27',
  receipt: 'undelivered',
  queued_at: '2026-05-22T10:29:04.250Z',
  handed_over_at: '2026-05-22T10:29:04.251Z',
  ended_at: '2026-05-22T10:29:04.350Z',
  receipt_at: '2026-05-22T10:29:09.000Z',
};

function answer(data: object, status = 0): string {
  return JSON.stringify({ status, response_status_id: status, response_type_id: -1, message: 'Message', data });
}

describe('getMessage', () => {
  it('asks by GET for the tid, and tells what became of the SMS', async () => {
    const { client, requests } = clientAnswered(answer(DATA));
    expect(await client.getMessage(TID)).toEqual({
      tid: TID,
      state: 'accepted',
      receipt: 'undelivered',
      route: 'first',
      messageId: 'sms-1',
      operatorCode: '27',
      queuedAt: new Date('2026-05-22T10:29:04.250Z'),
      endedAt: new Date('2026-05-22T10:29:04.350Z'),
      receiptAt: new Date('2026-05-22T10:29:09.000Z'),
    });
    const url = `https://otp.test/ekoapi/v3/tools/kyc/mobile/otp/messages/${TID}?initiator_id=1234567891`;
    expect([requests[0]?.method, requests[0]?.url]).toEqual(['GET', url]);
  });

  it('tells of an SMS that waits what is known of it', async () => {
    const { tid, queued_at } = DATA;
    const { client } = clientAnswered(answer({ tid, queued_at, state: 'queued' }));
    expect(await client.getMessage(TID)).toMatchObject({ state: 'queued', receipt: undefined, endedAt: undefined });
  });

  it.each([
    ['another tid', { ...DATA, tid: '1' }],
    ['no date', { ...DATA, queued_at: 'today' }],
    ['no time of its own', { ...DATA, queued_at: undefined }],
    ['no state', { ...DATA, state: undefined }],
  ])('refuses an answer with %s', async (_, data) => {
    const { client } = clientAnswered(answer(data));
    expect((await errorOf(client.getMessage(TID))).code).toBe('unexpected_answer');
  });

  it('says that the account has no such SMS', async () => {
    const { client } = clientAnswered(answer({}, 1));
    expect((await errorOf(client.getMessage(TID))).code).toBe('refused');
  });

  it.each(['', '../verify', '12 3', `${TID}?initiator_id=1`])('sends nothing for the tid %j', async (tid) => {
    const { client, requests } = clientAnswered(answer(DATA));
    expect((await errorOf(client.getMessage(tid))).code).toBe('invalid_request');
    expect(requests).toEqual([]);
  });
});
