import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onFreePort } from './free-port.ts';
import { type ProcessGroup, startProcessGroup } from './process-group.ts';
import { DRIVE_SMPP, hasDriveSmpp as isThere } from './smpp-programs.ts';

export const hasDriveSmpp: boolean = isThere();

/** An optional parameter as Kannel read it. It prints the value of those that it has no name for, such as those of DLT. */
export interface DrivenParameter {
  readonly tag: number;
  readonly length: number;
  readonly value: Buffer | undefined;
}

export interface DrivenSubmit {
  /** Up to the first NUL, as a C program prints it. Each character is a byte. */
  readonly text: string;
  readonly parameters: readonly DrivenParameter[];
}

/**
 * The SMSC driver of Kannel's own tests, on a free loopback port. It accepts every submit, without a message id, and
 * ends when the connection of its ESME ends. Only if `hasDriveSmpp`.
 */
export interface DriveSmpp {
  readonly port: number;
  submits(): DrivenSubmit[];
  /** How many requests and answers of a kind, such as `enquire_link_resp`, it has read. */
  count(command: string): number;
  /** All that it said, over all starts, until `stop`. */
  log(): string;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param deliveries how many messages it sends to its ESME, each with an enquire_link after it */
export async function startDriveSmpp({ deliveries = 0 }: { deliveries?: number } = {}): Promise<DriveSmpp> {
  return onFreePort(async (driverPort) => {
    const smsbox = holdSmsboxPort();
    const bridge = await startBridge(driverPort);
    const runs: ProcessGroup[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'drive-smpp-'));
    const file = join(folder, 'log');
    writeFileSync(file, '');
    // A file, as a pipe may be read after the answer has come: what has been answered is here.
    const log = (): string => readFileSync(file, 'latin1');
    const driver: DriveSmpp = {
      port: bridge.port,
      submits: () => submitsIn(log()),
      count: (command) => [...log().matchAll(new RegExp(`Handling SMPP PDU of type ${command}$`, 'gm'))].length,
      log,
      hasEnded: () => runs.at(-1)?.hasEnded() ?? true,
      signal: (signal) => runs.at(-1)?.signal(signal),
      kill: async () => runs.at(-1)?.end(),
      start: async () => {
        const args = ['-v', '0', '-l', file, '-p', `${driverPort}`, '-m', `${deliveries}`];
        runs.push(await startProcessGroup({ command: DRIVE_SMPP, args, isUp: /Starting drive_smpp test/ }));
        await untilItListens(driverPort, driver);
      },
      stop: async () => {
        await driver.kill();
        bridge.stop();
        smsbox.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
    try {
      await driver.start();
    } catch (error) {
      await driver.stop();
      throw error;
    }
    return driver;
  });
}

/** It says nothing when it listens, and takes a connection that only tries for its ESME. */
async function untilItListens(port: number, driver: DriveSmpp): Promise<void> {
  const listens = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A `);
  while (!listens.test(readFileSync('/proc/net/tcp', 'utf8'))) {
    if (driver.hasEnded()) throw new Error(`${DRIVE_SMPP} ended: ${driver.log()}`);
    await wait(5);
  }
}

const [RECEIVER, TRANSCEIVER, RESPONSE] = [0x01, 0x09, 0x8000_0000];

/** It knows no bind_transceiver: the number of the bind and of its answer is changed on the way, and no other byte. */
async function startBridge(driverPort: number): Promise<{ port: number; stop: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((esme) => {
    const driver = connect(driverPort, '127.0.0.1');
    for (const [from, to, before, after] of [
      [esme, driver, TRANSCEIVER, RECEIVER],
      [driver, esme, RESPONSE + RECEIVER, RESPONSE + TRANSCEIVER],
    ] as const) {
      sockets.add(from);
      const renumber = renumberFirst(before, after);
      from.on('data', (chunk: Buffer) => to.write(renumber(chunk)));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

const COMMAND_AT = 4;
const COMMAND_END = 8;

function renumberFirst(before: number, after: number): (chunk: Buffer) => Buffer {
  let waiting: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (waiting === undefined) return chunk;
    waiting = Buffer.concat([waiting, chunk]);
    if (waiting.length < COMMAND_END) return Buffer.alloc(0);
    const whole = waiting;
    waiting = undefined;
    if (whole.readUInt32BE(COMMAND_AT) === before) whole.writeUInt32BE(after, COMMAND_AT);
    return whole;
  };
}

const SMSBOX_PORT = 13_001;

/** A second after its ESME has come it connects here, and ends if nobody listens. Several of them may share a listener. */
function holdSmsboxPort(): { stop: () => void } {
  let retry: NodeJS.Timeout | undefined;
  const server: Server = createServer((socket) => void socket.on('error', () => undefined).unref());
  const listen = (): void => void server.listen(SMSBOX_PORT, '127.0.0.1');
  // Another one has it for now.
  server.on('error', () => (retry = setTimeout(listen, 20).unref()));
  listen();
  server.unref();
  return {
    stop: () => {
      clearTimeout(retry);
      server.close();
    },
  };
}

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[\d+\] \[\d+\] [A-Z]+: /gm;

function submitsIn(log: string): DrivenSubmit[] {
  const submits: DrivenSubmit[] = [];
  let parameters: DrivenParameter[] = [];
  for (const line of log.split(LINE)) {
    const [, tag] = /^Optional parameter tag \(0x([0-9a-f]{4})\)/.exec(line) ?? [];
    if (tag !== undefined) parameters.push({ tag: Number.parseInt(tag, 16), length: 0, value: undefined });
    const [, length] = /^Optional parameter length read as (\d+)/.exec(line) ?? [];
    if (length !== undefined) parameters.push({ ...parameters.pop()!, length: Number(length) });
    const [, value] = /^SMPP: Unknown TLV\(0x[0-9a-f]+,0x[0-9a-f]+,([0-9a-f]*)\)/.exec(line) ?? [];
    if (value !== undefined) parameters.push({ ...parameters.pop()!, value: Buffer.from(value, 'hex') });
    const [, text] = /^submit_sm: short_message = <([^]*)>\n$/.exec(line) ?? [];
    if (text !== undefined) submits.push({ text, parameters });
    if (text !== undefined || /^(?:Handling SMPP PDU of type (?!submit_sm$)|Unhandled)/m.test(line)) parameters = [];
  }
  return submits;
}
