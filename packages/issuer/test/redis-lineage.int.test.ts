/** What Redis may have forgotten: that a code was used, guessed at or replaced. */
import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { withScript } from '@verified-mobile/test-support/script-mutant';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINEAGE_EVENTS, OLDER_SNAPSHOT } from './support/lineage-events.ts';
import { LineageStage } from './support/lineage-stage.ts';
import {
  afterEvent,
  fateAcrossRestart,
  fatesBackAtTheFirst,
  fatesOf,
  fatesOfUsedTooSoon,
  MOBILES,
  sendTo,
  sendToAll,
  withRestarts,
} from './support/lineage-story.ts';
import { LINEAGE_MUTANTS } from './support/mutants/lineage-mutants.ts';

const FORGOTTEN = { used: 'forgotten', guessed: 'forgotten', replaced: 'forgotten', waiting: 'forgotten' };
const LIFETIME_MS = 5 * 60 * 1000;

describe.skipIf(!hasRedis)('the codes under way in Redis', () => {
  let stage: LineageStage;
  beforeEach(() => void (stage = new LineageStage()));
  afterEach(async () => stage.clear());

  it.each(LINEAGE_EVENTS.map((event) => [event.name, event] as const))(
    'die if %s, and new ones live',
    async (_name, event) => {
      const { issuer, codes } = await afterEvent(stage, event);
      const known = event.loses ? {} : { used: 'used', guessed: 'attempts-used' };
      expect(await fatesOf(issuer, codes)).toEqual({ ...FORGOTTEN, ...known });
      for (const mobile of Object.values(MOBILES)) {
        expect((await issuer.verify(await sendTo(issuer, mobile))).status).toBe(0);
      }
    },
  );

  it('die if it was flushed, and new ones live', async () => {
    const server = await stage.server();
    const issuer = await stage.issuerAt(server.port);
    const codes = await sendToAll(issuer);
    await server.command('FLUSHALL');
    expect(new Set(Object.values(await fatesOf(issuer, codes)))).toEqual(new Set(['never-sent']));
    expect((await issuer.verify(await sendTo(issuer, MOBILES.used))).status).toBe(0);
  });

  it('stay dead if the nodes are led back to a primary that never heard of the failover', async () => {
    expect(await fatesBackAtTheFirst(stage)).toEqual(FORGOTTEN);
  });

  it('die if it starts anew between the attempt and the use', async () => {
    expect(await fateAcrossRestart(stage)).toBe('lost-race');
  });

  it('die if it starts anew while their SMS is handed over', async () => {
    const { issuer, now } = await withRestarts(stage);
    stage.before.commitSend = now;
    expect((await issuer.verify(await sendTo(issuer, MOBILES.used))).status).toBe(1);
    expect(issuer.events.at(-1)).toMatchObject({ reason: 'forgotten' });
  });

  it('die if it forgets that they were used while their SMS was handed over', async () => {
    expect(await fatesOfUsedTooSoon(stage)).toEqual(['forgotten', 'forgotten']);
  });

  it('die with the answer that the same code would get again', async () => {
    const { issuer, now } = await withRestarts(stage);
    const code = await sendTo(issuer, MOBILES.used);
    for (const _ of ['first', 'again']) expect((await issuer.verify(code)).status).toBe(0);
    await now();
    expect((await issuer.verify(code)).status).toBe(1);
    expect(issuer.events.at(-1)).toMatchObject({ outcome: 'refused', reason: 'forgotten' });
  });

  it('are refused with the bytes of a code that was never sent, and no failure is counted', async () => {
    const { issuer, codes } = await afterEvent(stage, OLDER_SNAPSHOT);
    const neverSent = await issuer.verifyText('123456', '9002336799');
    for (let attempts = 0; attempts < 20; attempts += 1) {
      expect(await issuer.verifyText(codes.waiting.otp, codes.waiting.mobile)).toBe(neverSent);
      expect(issuer.events.at(-1)).toMatchObject({ reason: 'forgotten' });
    }
  });

  it('do not keep the nodes from being ready at once', async () => {
    const { issuer } = await afterEvent(stage, OLDER_SNAPSHOT);
    for (const node of issuer.nodes) await expect(node.ready()).resolves.toBeUndefined();
  });

  describe('whose send is repeated', () => {
    const send = { mobile: MOBILES.waiting, client_ref_id: 'payout-1' };

    it('are sent anew if they died', async () => {
      const { issuer, now } = await withRestarts(stage);
      const { data: first } = await issuer.send(send);
      await now();
      const { data: second } = await issuer.send(send);
      expect(second?.['tid']).not.toBe(first?.['tid']);
      expect(issuer.sms).toHaveLength(2);
      expect((await issuer.verify({ mobile: send.mobile })).status).toBe(0);
      expect((await issuer.send(send)).data?.['tid']).toBe(second?.['tid']);
    });

    it('are sent anew if they died while their SMS was handed over', async () => {
      const { issuer, now } = await withRestarts(stage);
      stage.before.commitSend = now;
      await issuer.send(send);
      delete stage.before.commitSend;
      expect((await issuer.send(send)).status).toBe(0);
      expect(issuer.sms).toHaveLength(2);
      expect((await issuer.verify({ mobile: send.mobile })).status).toBe(0);
    });

    it('are sent anew if Redis forgot the send while its SMS was handed over', async () => {
      const server = await stage.server();
      const issuer = await stage.issuerAt(server.port);
      stage.before.commitSend = async () => void (await server.command('FLUSHALL'));
      expect((await issuer.send(send)).status).toBe(0);
      expect((await issuer.verify({ mobile: send.mobile })).status).toBe(1);
      delete stage.before.commitSend;
      expect((await issuer.send(send)).status).toBe(0);
      expect((await issuer.verify({ mobile: send.mobile })).status).toBe(0);
    });

    it('stay sent if they died of age', async () => {
      const { issuer, now } = await withRestarts(stage);
      const { data: first } = await issuer.send(send);
      await now();
      issuer.clock.now += LIFETIME_MS;
      expect((await issuer.send(send)).data?.['tid']).toBe(first?.['tid']);
      expect(issuer.sms).toHaveLength(1);
    });
  });

  it.each(LINEAGE_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'live on in a store that %s',
    async (_name, { change, play }) => {
      stage = new LineageStage(withScript(change));
      expect(await play(stage)).toContain('accepted');
    },
  );
});
