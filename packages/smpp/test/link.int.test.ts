/** The connection: how it comes about, how it is lost, and how it comes back. */
import { newCertificate } from '@verified-mobile/test-support/certificate';
import { freePort } from '@verified-mobile/test-support/free-port';
import { HOLD, lose, nth, refuse, STATUS } from '@verified-mobile/test-support/smsc-script';
import { writePdu } from '@verified-mobile/test-support/smpp-pdu';
import { startSmscRecorder } from '@verified-mobile/test-support/smsc-recorder';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { smppRoute } from '../src/index.ts';
import { PASSWORD, routeTo, send, sms, stage } from './stage.ts';

describe('a route', () => {
  it('connects when it is first used, and not before', async () => {
    const { smsc, route, faults } = await stage();
    expect(smsc.connections).toBe(0);
    await route.ready();
    await route.ready();
    await send(route);
    expect(smsc.connections).toBe(1);
    expect(faults).toEqual([{ kind: 'bound', route: 'operator', message: `bound to smpp://127.0.0.1:${smsc.port}.` }]);
  });

  it('has the first messages wait for the bind, and refuses them if there is none', async () => {
    const { smsc, route } = await stage({}, { script: { bind: nth(1, HOLD) } });
    const waiting = send(route);
    await expect.poll(() => smsc.binds.length).toBe(1);
    smsc.answer(smsc.binds[0]!);
    expect(await waiting).toMatchObject({ outcome: 'accepted' });
    const nowhere = routeTo(`smpp://127.0.0.1:${await freePort()}`, {
      longestReconnectDelayMs: 60_000,
      reconnectDelayMs: 60_000,
    });
    expect(await send(nowhere.route)).toMatchObject({
      outcome: 'refused',
      reason: 'unavailable',
      retryAfterMs: expect.any(Number),
    });
  });

  it('says once that nothing can be reached, and that it is bound when it is', async () => {
    const smsc = await startSmscRecorder();
    await smsc.goAway();
    const { route, faults } = routeTo(`smpp://127.0.0.1:${smsc.port}`);
    onTestFinished(async () => smsc.stop());
    await expect(route.ready()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await smsc.comeBack();
    await expect
      .poll(async () =>
        route.ready().then(
          () => 'ready',
          () => 'not ready',
        ),
      )
      .toBe('ready');
    expect(faults.map(({ kind }) => kind)).toEqual(['unreachable', 'bound']);
  });

  it('gives up a bind that is not answered in time', async () => {
    const { smsc, route, faults } = await stage({ responseTimeoutMs: 1_000 }, { script: { bind: nth(1, HOLD) } });
    await expect(route.ready()).rejects.toThrow('did not answer the bind in time');
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(faults.map(({ kind }) => kind)).toEqual(['bind-refused', 'bound']);
    expect(smsc.binds).toHaveLength(2);
  });

  it.each(['before', 'midway'] as const)('says so if the provider hangs up %s the answer to the bind', async (at) => {
    const { route, faults } = await stage({}, { script: { bind: nth(1, lose(at)) } });
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(faults[0]?.message).toMatch(/did not answer the bind: the provider closed the connection/);
  });

  it('asks one that accepts the bind and hangs up ever more slowly', async () => {
    const delays = { reconnectDelayMs: 10, longestReconnectDelayMs: 60_000 };
    const { route } = await stage(delays, { script: { bind: () => lose('after') } });
    const pause = async (): Promise<number> => {
      const result = await send(route);
      return result.outcome === 'refused' ? (result.retryAfterMs ?? 0) : 0;
    };
    await expect.poll(pause, { interval: 1 }).toBeGreaterThan(100);
  });
});

describe('a refused bind', () => {
  it.each([
    [STATUS.wrongPassword, 'ESME_RINVPASWD', /Set password/],
    [STATUS.wrongSystemId, 'ESME_RINVSYSID', /Set systemId/],
    [STATUS.bindFailed, 'ESME_RBINDFAIL', /check systemId, password/],
    [STATUS.alreadyBound, 'ESME_RALYBND', /Another connection/],
    [STATUS.invalidCommand, 'ESME_RINVCMDID', /an account of SMPP 3\.4/],
    [0x0411, '0x0411', /Ask the provider/],
  ])(
    'with status %i is reported once, as %s with the remedy, and never with the password',
    async (status, name, remedy) => {
      const { smsc, route, faults } = await stage(
        { longestReconnectDelayMs: 10 },
        { script: { bind: () => refuse(status) } },
      );
      await expect(route.ready()).rejects.toMatchObject({ message: expect.stringMatching(remedy) });
      await expect.poll(() => smsc.binds.length).toBeGreaterThan(2);
      expect(faults).toEqual([
        { kind: 'bind-refused', route: 'operator', status: name, message: expect.stringMatching(remedy) },
      ]);
      expect(JSON.stringify(faults)).not.toContain(PASSWORD);
      smsc.follow({});
      await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    },
  );

  it('of the password is tried again slowly from the first time on; of an old connection soon', async () => {
    const delays = { reconnectDelayMs: 10, longestReconnectDelayMs: 600_000 };
    const slow = await stage(delays, { script: { bind: () => refuse(STATUS.wrongPassword) } });
    await slow.route.ready().catch(() => undefined);
    const refusal = await send(slow.route);
    expect(refusal.outcome === 'refused' && refusal.retryAfterMs).toBeGreaterThan(200_000);
    const soon = await stage(delays, { script: { bind: nth(1, refuse(STATUS.alreadyBound)) } });
    await expect.poll(async () => send(soon.route)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('enquire_link', () => {
  it('of the provider is answered', async () => {
    const { smsc, route } = await stage();
    await route.ready();
    const asked = smsc.ask('enquire_link');
    await expect
      .poll(() => smsc.answerTo(asked))
      .toMatchObject({ command: 'enquire_link_resp', status: 0, sequence: asked.sequence });
  });

  it('is sent when the provider is silent, and again and again', async () => {
    const { smsc, route } = await stage({ enquireLinkSeconds: 1 });
    await route.ready();
    const asked = (): number =>
      smsc.pdus.filter(({ command, from }) => command === 'enquire_link' && from === 'esme').length;
    await expect.poll(asked).toBeGreaterThanOrEqual(2);
    expect(smsc.connections).toBe(1);
  });

  it('is not sent before the bind is answered', async () => {
    const { smsc, route } = await stage(
      { enquireLinkSeconds: 1, responseTimeoutMs: 2_000 },
      { script: { bind: nth(1, HOLD) } },
    );
    await route.ready().catch(() => undefined);
    await expect.poll(() => smsc.binds.length).toBe(2);
    expect(smsc.pdus.filter(({ command, connection }) => command === 'enquire_link' && connection === 1)).toEqual([]);
  });

  it('that is not answered ends the connection, and it is made anew', async () => {
    const { smsc, route, faults } = await stage(
      { enquireLinkSeconds: 1, responseTimeoutMs: 1_000 },
      { script: { enquireLink: nth(1, HOLD) } },
    );
    await route.ready();
    await expect.poll(() => smsc.binds.length).toBe(2);
    expect(faults.map(({ message }) => message)).toContain(
      `lost smpp://127.0.0.1:${smsc.port}: the provider did not answer enquire_link in time. The connection is made anew.`,
    );
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
  });

  it('decides whether the route is ready, once for all who ask at the same time', async () => {
    const { smsc, route } = await stage({ responseTimeoutMs: 1_000, enquireLinkSeconds: 600 });
    await route.ready();
    smsc.pause();
    const asked = async (): Promise<string> =>
      route.ready().then(
        () => 'ready',
        (error: Error) => error.message,
      );
    await expect.poll(asked).toContain('does not answer enquire_link');
    smsc.resume();
    await expect.poll(asked).toBe('ready');
  });
});

describe('a peer that stands still', () => {
  it('costs what was under way, as unknown; nothing else is sent to it, and nothing twice', async () => {
    const { smsc, route } = await stage({ responseTimeoutMs: 1_000, window: 5 });
    await route.ready();
    smsc.pause();
    const results = await Promise.all(Array.from({ length: 20 }, async (_, index) => send(route, sms(`${index}`))));
    expect(results.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(5);
    expect(results.filter(({ outcome }) => outcome === 'refused')).toHaveLength(15);
    smsc.resume();
    await expect.poll(async () => send(route, sms('last'))).toMatchObject({ outcome: 'accepted' });
    const texts = smsc.submits.map(({ fields }) => String(fields['short_message']));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('a connection that is lost', () => {
  it.each([
    ['by bytes that are no SMPP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /what is no SMPP/],
    ['by a length below that of a header', Buffer.from('0000000f800000150000000000000001', 'hex'), /what is no SMPP/],
    ['by a PDU of 4 GB', Buffer.from('ffffffff', 'hex'), /what is no SMPP/],
  ])('%s is made anew, and what was under way is unknown', async (_what, bytes, message) => {
    const { smsc, route, faults } = await stage({}, { script: { submit: nth(1, HOLD) } });
    const result = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    smsc.write(bytes);
    expect(await result).toEqual({ outcome: 'unknown' });
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(faults.map((fault) => fault.kind)).toEqual(['bound', 'lost', 'bound']);
    expect(faults[1]?.message).toMatch(message);
  });

  it('by bytes that are no SMPP behind an answer keeps the answer', async () => {
    const { smsc, route } = await stage({}, { script: { submit: nth(1, HOLD) } });
    const result = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    const { sequence } = smsc.submits[0]!;
    const answer = writePdu({ command: 'submit_sm_resp', sequence, fields: { message_id: '7' } });
    smsc.write(Buffer.concat([answer, Buffer.from('ffffffff', 'hex')]));
    expect(await result).toEqual({ outcome: 'accepted', messageId: '7' });
  });

  it('in the middle of a PDU is made anew', async () => {
    const { smsc, route } = await stage();
    await route.ready();
    smsc.write(Buffer.from('0000001080', 'hex'));
    smsc.drop();
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(smsc.connections).toBe(2);
  });

  it('by unbind is answered first', async () => {
    const { smsc, route, faults } = await stage();
    await route.ready();
    const unbind = smsc.ask('unbind');
    await expect.poll(() => smsc.answerTo(unbind)).toMatchObject({ command: 'unbind_resp', status: 0 });
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
    expect(faults[1]?.message).toContain('ended the session (unbind)');
  });

  it('refuses what had not been written, so that it may be sent another way', async () => {
    const { smsc, route } = await stage({ window: 2 }, { script: { submit: () => HOLD } });
    const results = Promise.all(Array.from({ length: 5 }, async () => send(route)));
    await expect.poll(() => smsc.inFlight).toBe(2);
    smsc.drop();
    expect((await results).map(({ outcome }) => outcome)).toEqual([
      'unknown',
      'unknown',
      'refused',
      'refused',
      'refused',
    ]);
  });
});

describe('a PDU that is none of those that a route takes', () => {
  it('is refused by a nack if it is unknown, or of a provider’s own', async () => {
    const { smsc, route } = await stage();
    await route.ready();
    smsc.write(Buffer.from('00000010000102000000000000000007', 'hex'));
    await expect.poll(() => smsc.takeFaults()).toEqual([expect.stringContaining('answers 7')]);
    expect(smsc.pdus.at(-1)).toMatchObject({ command: 'generic_nack', status: 3, sequence: 7 });
    const submit = smsc.ask('submit_sm', { short_message: Buffer.from('a') });
    await expect.poll(() => smsc.answerTo(submit)).toMatchObject({ command: 'generic_nack', status: 3 });
    expect(await send(route)).toMatchObject({ outcome: 'accepted' });
  });

  it('is passed over if it wants no answer, or answers what nobody asked', async () => {
    const { smsc, route } = await stage();
    await route.ready();
    const before = smsc.pdus.length;
    // An outbind, an alert_notification, answers to nobody, an answer of an unknown command.
    smsc.write(Buffer.from('000000100000000b0000000000000001', 'hex'));
    smsc.write(Buffer.from('00000010000001020000000000000002', 'hex'));
    smsc.write(writePdu({ command: 'submit_sm_resp', sequence: 999, fields: { message_id: 'x' } }));
    smsc.write(Buffer.from('000000108000ffff0000000000000003', 'hex'));
    expect(await send(route)).toMatchObject({ outcome: 'accepted' });
    expect(smsc.pdus.slice(before).map(({ command }) => command)).toEqual(['submit_sm', 'submit_sm_resp']);
  });

  it('is refused for good if it is broken, and the connection stays', async () => {
    const { smsc, route } = await stage();
    await route.ready();
    smsc.write(Buffer.from('00000013000000050000000000000009000000', 'hex'));
    await expect.poll(() => smsc.pdus.at(-1)).toMatchObject({ command: 'deliver_sm_resp', status: 0x65, sequence: 9 });
    smsc.takeFaults();
    expect(await send(route)).toMatchObject({ outcome: 'accepted' });
    expect(smsc.connections).toBe(1);
  });
});

describe('a provider that never reads', () => {
  it('is left before its questions fill the memory', async () => {
    const enquiry = Buffer.concat(
      Array.from({ length: 4_000 }, (_, index) => writePdu({ command: 'enquire_link', sequence: index + 1 })),
    );
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bind: Buffer) => {
        const [sequence, accepted] = [bind.readUInt32BE(12), 'bind_transceiver_resp'];
        socket.pause();
        socket.write(writePdu({ command: accepted, sequence, fields: { system_id: 'deaf' } }));
        const ask = (): void => void (socket.writable && socket.write(enquiry, ask));
        ask();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { route, faults } = routeTo(`smpp://127.0.0.1:${port}`, {
      reconnectDelayMs: 60_000,
      longestReconnectDelayMs: 60_000,
    });
    await route.ready();
    await expect.poll(() => faults.at(-1)?.message).toContain('does not read what it is sent');
  });
});

describe('TLS', () => {
  it('is spoken to ssmpp://, with the authority that the route trusts', async () => {
    const certificate = newCertificate();
    const smsc = await startSmscRecorder({ certificate });
    onTestFinished(async () => smsc.stop());
    const { route } = routeTo(`ssmpp://127.0.0.1:${smsc.port}`, { tls: { ca: certificate.cert } });
    await route.ready();
    expect(await send(route)).toMatchObject({ outcome: 'accepted' });
  });

  it.each([
    ['of an unknown authority', '127.0.0.1', {}, /set tls\.ca/],
    ['for another name', 'smpp.example.in', { ca: true }, /tls\.servername/],
  ])(
    'with a certificate %s sends nothing, not even the password',
    async (_what, host, { ca = false }: { ca?: boolean }, remedy) => {
      const certificate = newCertificate(host);
      const smsc = await startSmscRecorder({ certificate });
      onTestFinished(async () => smsc.stop());
      const { route, faults } = routeTo(`ssmpp://127.0.0.1:${smsc.port}`, ca ? { tls: { ca: certificate.cert } } : {});
      await expect(route.ready()).rejects.toMatchObject({ message: expect.stringMatching(remedy) });
      expect(await send(route)).toMatchObject({ outcome: 'refused', reason: 'unavailable' });
      expect(faults.map(({ kind }) => kind)).toEqual(['unreachable']);
      expect(smsc.pdus).toEqual([]);
    },
  );

  it('for the name that the route says passes', async () => {
    const certificate = newCertificate('smpp.example.in');
    const smsc = await startSmscRecorder({ certificate });
    onTestFinished(async () => smsc.stop());
    const tls = { ca: certificate.cert, servername: 'smpp.example.in' };
    await routeTo(`ssmpp://127.0.0.1:${smsc.port}`, { tls }).route.ready();
    expect(smsc.binds).toHaveLength(1);
  });

  it('is missed with its remedy if the port does not speak it', async () => {
    const smsc = await startSmscRecorder();
    onTestFinished(async () => smsc.stop().catch(() => undefined));
    const { route } = routeTo(`ssmpp://127.0.0.1:${smsc.port}`);
    await expect(route.ready()).rejects.toThrow(/cannot reach ssmpp:/);
  });
});

describe('close', () => {
  it('waits for answers that are under way, refuses what waits, unbinds, and hangs up', async () => {
    const { smsc, route } = await stage({ window: 1 }, { script: { submit: () => HOLD } });
    const [first, second] = [send(route), send(route)];
    await expect.poll(() => smsc.inFlight).toBe(1);
    const closed = route.close();
    expect(await second).toEqual({ outcome: 'refused', reason: 'unavailable' });
    smsc.answer(smsc.submits[0]!);
    expect(await first).toMatchObject({ outcome: 'accepted' });
    await closed;
    await route.close();
    await expect.poll(() => smsc.openConnections).toBe(0);
    expect(smsc.pdus.findLast(({ from }) => from === 'esme')?.command).toBe('unbind');
    expect(await send(route)).toEqual({ outcome: 'refused', reason: 'unavailable' });
    await expect(route.ready()).rejects.toThrow(/^The route to .* was closed\.$/);
    expect(smsc.connections).toBe(1);
  });

  it('gives up what is not answered, as unknown, and an unbind that is not', async () => {
    const { smsc, route } = await stage({}, { script: { submit: () => HOLD, unbind: () => HOLD } });
    const result = send(route);
    await expect.poll(() => smsc.inFlight).toBe(1);
    await route.close();
    expect(await result).toEqual({ outcome: 'unknown' });
    await expect.poll(() => smsc.openConnections).toBe(0);
  });

  it('ends a route that waits for a bind, one that waits to try again, and one that never began', async () => {
    const { smsc, route } = await stage({}, { script: { bind: () => HOLD } });
    const waiting = send(route);
    await expect.poll(() => smsc.binds.length).toBe(1);
    await route.close();
    expect(await waiting).toEqual({ outcome: 'refused', reason: 'unavailable' });
    await expect.poll(() => smsc.openConnections).toBe(0);
    const nowhere = routeTo(`smpp://127.0.0.1:${await freePort()}`);
    await nowhere.route.ready().catch(() => undefined);
    await nowhere.route.close();
    await routeTo('smpp://127.0.0.1:1').route.close();
    expect(smsc.binds).toHaveLength(1);
  });
});

it('without a listener each change is a line on stderr, without the password', async () => {
  const smsc = await startSmscRecorder({ script: { bind: nth(1, refuse(STATUS.wrongPassword)) } });
  const lines: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0;
  onTestFinished(() => void (process.stderr.write = write));
  const delays = { reconnectDelayMs: 10, longestReconnectDelayMs: 10 };
  const route = smppRoute({
    name: 'operator',
    url: `smpp://127.0.0.1:${smsc.port}`,
    systemId: 'payouts',
    password: PASSWORD,
    ...delays,
  });
  onTestFinished(async () => {
    await route.close();
    await smsc.stop();
  });
  await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
  expect(lines.filter((line) => line.startsWith('smpp route operator: '))).toEqual([
    expect.stringMatching(/refused the bind with ESME_RINVPASWD\. Set password .* It is tried again\.\n$/),
    expect.stringMatching(/: bound to smpp:\/\/127\.0\.0\.1:\d+\.\n$/),
  ]);
  expect(lines.join('')).not.toContain(PASSWORD);
});

it('a listener of faults that throws, at once or later, keeps nothing from going on', async () => {
  const throwLater = async (_fault: object): Promise<void> => Promise.reject(new Error('later'));
  const late = await stage({ onFault: (fault) => throwLater(fault) as unknown as undefined });
  expect(await send(late.route)).toMatchObject({ outcome: 'accepted' });
  const { route } = await stage({
    onFault: () => {
      throw new Error('of the listener');
    },
  });
  expect(await send(route)).toMatchObject({ outcome: 'accepted' });
});
