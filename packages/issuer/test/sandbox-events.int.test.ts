/** The events of the sandbox, over real HTTP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createOtpClient } from '@verified-mobile/client';
import { createGuard, jwks } from '@verified-mobile/core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type FetchHandler, type RunningServer, serve } from '@verified-mobile/issuer/node';
import { createSandbox, type Sandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { type EventStream, eventStream } from './support/event-stream.ts';

const MOBILE = '9876543210';
const { audience, cspId, ...ACCOUNT } = SANDBOX_CREDENTIALS;

let server: RunningServer;
let sandbox: Sandbox;
beforeEach(async () => {
  const site: { answer?: FetchHandler } = {};
  server = await serve(async (request) => site.answer?.(request) ?? Response.error(), {
    port: 0,
    hostname: '127.0.0.1',
  });
  sandbox = createSandbox({ publicUrl: server.url });
  site.answer = sandbox.fetch;
});
afterEach(async () => {
  await sandbox.close();
  await server.close();
});

async function read(lastEventId?: string): Promise<EventStream> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(`${server.url}/sandbox/events`, { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  return eventStream(response);
}

async function control(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
}

const decide = (mobile = ''): void =>
  void sandbox.guardOptions.onDecision({ outcome: 'refused', at: 0, durationMs: 0, mobile });

describe('GET /sandbox/events', () => {
  it('tells a reader of the SMS, of what the issuer recorded, masked, and of what the guards decided', async () => {
    const stream = await read();
    const client = createOtpClient({ ...ACCOUNT, baseUrl: `${server.url}/ekoapi/v3` });
    const guard = createGuard<string>({
      ...sandbox.guardOptions,
      issuers: { issuer: server.url, audience, keys: jwks(`${server.url}/.well-known/jwks.json`) },
      token: (token) => token,
    });
    await client.sendOtp({ mobile: MOBILE, cspId });
    const { data: intended } = (await stream.next())!;
    expect(intended).toMatchObject({ kind: 'send', outcome: 'intended', mobile: '+9198******10' });
    const { event, data: sms } = (await stream.next())!;
    expect(event).toBe('message');
    const { messages } = (await (await fetch(`${server.url}/sandbox/messages`)).json()) as { messages: unknown[] };
    expect(messages).toEqual([sms]);

    const otp = String(sms['text']).slice(0, 6);
    const { token } = await client.verifyOtp({ mobile: MOBILE, otp });
    await guard.decide({ request: token });
    await guard.decide({ request: token });
    const decisions = [await stream.nextOf('decision'), await stream.nextOf('decision')];
    expect(decisions.map((decision) => decision?.data)).toEqual([
      expect.objectContaining({ outcome: 'passed', mobile: '+9198******10' }),
      expect.objectContaining({ outcome: 'refused', code: 'otp_token_used' }),
    ]);
    expect(JSON.stringify([intended, decisions])).not.toMatch(new RegExp(`${MOBILE}|${otp}`));
    expect(stream.remarks).toEqual(['retry: 1000']);
  });

  it('resumes after the event that a reader has seen last', async () => {
    const first = await read();
    for (const mobile of ['one', 'two', 'three']) decide(mobile);
    const { id } = (await first.next())!;
    await first.leave();
    decide('four');
    const second = await read(id);
    const seen = [await second.next(), await second.next(), await second.next()];
    expect(seen.map((event) => event?.data['mobile'])).toEqual(['two', 'three', 'four']);
  });

  it('begins at the oldest event for a reader that names none, or one of before a reset', async () => {
    const early = await read();
    decide('before');
    const { id } = (await early.next())!;
    await control('/sandbox/reset', {});
    for (const stream of [early, await read(id), await read()]) {
      expect((await stream.next())?.event).toBe('reset');
    }
  });

  it('remembers the newest 1000 events', async () => {
    for (let count = 1; count <= 1001; count += 1) decide(String(count));
    expect((await (await read()).next())?.data['mobile']).toBe('2');
  });

  it('drops a reader that does not read, and goes on with the others', async () => {
    const printed = printedErrors();
    const idle = idleReader();
    const busy = await read();
    decide('begins');
    await busy.next();
    // More than what the kernel keeps for a connection, and then a thousand events.
    const size = 20_000;
    for (let rounds = 0; rounds < 5_000 && printed.length === 0; rounds += 1) {
      decide('x'.repeat(size));
      expect(String((await busy.next())?.data['mobile'])).toHaveLength(size);
    }
    expect(printed).toEqual(['A reader of /sandbox/events was too slow and was dropped.']);
    const closed = once(idle, 'close');
    idle.resume();
    await closed;
    decide('goes on');
    expect((await busy.next())?.data['mobile']).toBe('goes on');
  });

  it('ends when the sandbox closes, with all that was to be told, and lets its server close', async () => {
    const stream = await read();
    decide('first');
    await stream.next();
    decide('last but one');
    decide('last');
    await sandbox.close();
    expect((await stream.next())?.data['mobile']).toBe('last but one');
    expect((await stream.next())?.data['mobile']).toBe('last');
    expect(await stream.next()).toBe(undefined);
    expect(await (await read()).nextOf('nothing')).toBe(undefined);
    await expect(server.close()).resolves.toBe(undefined);
    server = await serve(sandbox.fetch, { port: 0 });
  });

  it('keeps no server from closing for a reader that does not read', async () => {
    const printed = printedErrors();
    idleReader();
    const busy = await read();
    for (let count = 0; count < 500; count += 1) {
      decide('x'.repeat(40_000));
      await busy.next();
    }
    await sandbox.close();
    await expect(server.close()).resolves.toBe(undefined);
    expect(printed).toEqual(['A reader of /sandbox/events did not read to the end.']);
    server = await serve(sandbox.fetch, { port: 0 });
  });
});

/** A connection that asks for the events and takes none. */
function idleReader(): Socket {
  const idle = connect(server.port, '127.0.0.1');
  idle.on('error', () => {});
  idle.pause();
  idle.write('GET /sandbox/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  onTestFinished(() => void idle.destroy());
  return idle;
}

/** What Node's server prints of an answer that broke off. */
function printedErrors(): unknown[] {
  const printed: unknown[] = [];
  const spy = vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(line));
  onTestFinished(() => spy.mockRestore());
  return printed;
}

it('keeps no process alive: neither for a reader nor for an SMS that is late', async () => {
  const program = `
    import { createOtpClient } from '@verified-mobile/client';
    import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
    const sandbox = createSandbox({ publicUrl: 'http://localhost:4000' });
    const reader = (await sandbox.fetch(new Request('http://localhost:4000/sandbox/events'))).body.getReader();
    await reader.read();
    const { audience, cspId, ...account } = SANDBOX_CREDENTIALS;
    const client = createOtpClient({
      ...account,
      baseUrl: 'http://localhost:4000/ekoapi/v3',
      fetch: (url, init) => sandbox.fetch(new Request(url, init)),
    });
    await client.sendOtp({ mobile: '6000000003', cspId });
    process.once('exit', () => process.stdout.write('ended by itself'));
  `;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  // Either timer would hold it for longer than that.
  const deadline = setTimeout(() => child.kill('SIGKILL'), 19_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(deadline);
  expect([output.join(''), code]).toEqual(['ended by itself', 0]);
}, 30_000);
