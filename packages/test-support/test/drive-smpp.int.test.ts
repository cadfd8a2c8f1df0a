import { beforeEach, describe, expect, it } from 'vitest';
import { type DriveSmpp, hasDriveSmpp, startDriveSmpp } from '../src/drive-smpp.ts';
import { writePdu } from '../src/smpp-pdu.ts';
import { RawEsme, TEXT } from './raw-esme.ts';

describe.runIf(hasDriveSmpp)("the SMSC driver of Kannel's tests", () => {
  let smsc: DriveSmpp;

  beforeEach(async () => {
    smsc = await startDriveSmpp();
    return async () => smsc.stop();
  });

  it('reads the text and the parameters that the recorder writes, with their NUL or without', async () => {
    const tlvs = [
      { tag: 0x02_04, value: Buffer.of(0, 7) },
      { tag: 0x14_00, value: Buffer.from('1201159\0') },
      { tag: 0x14_01, value: Buffer.from('1407161') },
    ];
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', { ...TEXT, short_message: Buffer.from('one\ntwo') }, tlvs);
    expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp', status: 0, fields: { message_id: '' } });
    esme.send('submit_sm', TEXT);
    await esme.next();
    await expect
      .poll(() => smsc.submits())
      .toEqual([
        {
          text: 'one\ntwo',
          parameters: [
            { tag: 0x02_04, length: 2, value: undefined },
            ...tlvs.slice(1).map(({ tag, value }) => ({ tag, length: value.length, value })),
          ],
        },
        { text: 'Hello', parameters: [] },
      ]);
  });

  it('lives on after it has looked for an smsbox, and ends with its ESME', async () => {
    const esme = await RawEsme.bound(smsc.port);
    await expect.poll(() => smsc.log()).toContain('Connecting to <127.0.0.1>');
    esme.send('enquire_link');
    expect(await esme.next()).toMatchObject({ command: 'enquire_link_resp' });
    esme.socket.destroy();
    await expect.poll(() => smsc.hasEnded()).toBe(true);
    expect(smsc.log()).toContain('Program exiting normally');
  });

  it('stands still, goes on, is killed, and comes back on its port', async () => {
    const esme = await RawEsme.bound(smsc.port);
    smsc.signal('SIGSTOP');
    esme.send('enquire_link');
    smsc.signal('SIGCONT');
    expect(await esme.next()).toMatchObject({ command: 'enquire_link_resp' });
    await smsc.kill();
    await esme.closed;
    await smsc.start();
    await RawEsme.bound(smsc.port);
    expect(smsc.count('enquire_link')).toBe(1);
  });
});

it.runIf(hasDriveSmpp)('the driver sends messages, and asks after the link behind each', async () => {
  const smsc = await startDriveSmpp({ deliveries: 2 });
  try {
    const esme = await RawEsme.bound(smsc.port);
    const commands: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const { command, sequence } = await esme.next();
      commands.push(command);
      esme.socket.write(writePdu({ command: `${command}_resp`, sequence }));
    }
    expect(commands).toEqual(['deliver_sm', 'enquire_link', 'deliver_sm', 'enquire_link']);
    await expect.poll(() => smsc.count('enquire_link_resp')).toBe(2);
    expect(smsc.count('deliver_sm_resp')).toBe(2);
  } finally {
    await smsc.stop();
  }
});
