import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onFreePort } from './free-port.ts';
import { PERL_SMSC_RECORDING } from './perl-smsc-recording.ts';
import { type ProcessGroup, startProcessGroup } from './process-group.ts';
import type { Tlv } from './smpp-pdu.ts';
import { hasPerlSmsc as isThere, PERL_SMSC } from './smpp-programs.ts';

export const hasPerlSmsc: boolean = isThere();

/** The id that the example gives to every message. */
export const PERL_MESSAGE_ID = '123456789';

/** A PDU as Perl's Net::SMPP understood it. */
export interface PerlPdu {
  readonly command: string;
  readonly status: number;
  readonly sequence: number;
  /** By the names of SMPP 3.4. Text is a string in which each character is a byte, without its NUL. */
  readonly fields: Readonly<Record<string, number | string>>;
  /** By their tags, from the smallest. */
  readonly tlvs: readonly Tlv[];
  /** All that follows the 16 bytes of the header. */
  readonly body: Buffer;
}

/** What it does instead of accepting everything. */
export interface PerlFaults {
  /** The status of every bind_transceiver. Default 0. */
  readonly bindStatus?: number;
  /** Each submit of a connection whose number is a multiple of this is throttled. Default: none is. */
  readonly throttleEach?: number;
  /** Which submit of a connection it reads and does not answer, as it is killed. Default: none. */
  readonly killedAt?: number;
}

/**
 * The SMSC that Perl's Net::SMPP is shipped with as an example, on a free loopback port. It answers at once, and sends a
 * receipt after a submit that asks for one. Only if `hasPerlSmsc`.
 */
export interface PerlSmsc {
  readonly port: number;
  /** What ESMEs sent, over all starts, in the order in which it was read. What has an answer is there, until `stop`. */
  received(): PerlPdu[];
  submits(): PerlPdu[];
  /** What Net::SMPP did not like, and where each connection stands. */
  warnings(): string;
  /** Signals the server and all its connections, each of which is a process. */
  signal(signal: NodeJS.Signals): void;
  hasEnded(): boolean;
  /** Ends it with all its connections. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  start(faults?: PerlFaults): Promise<void>;
  stop(): Promise<void>;
}

export async function startPerlSmsc(faults?: PerlFaults): Promise<PerlSmsc> {
  return onFreePort(async (port) => {
    const folder = mkdtempSync(join(tmpdir(), 'perl-smsc-'));
    const record = join(folder, 'record');
    writeFileSync(join(folder, 'Recording.pm'), PERL_SMSC_RECORDING);
    writeFileSync(record, '');
    const runs: ProcessGroup[] = [];
    // A file, as a pipe may be read after the answer has come: what has been answered is here.
    const received = (): PerlPdu[] => pdusIn(readFileSync(record, 'latin1'));
    const smsc: PerlSmsc = {
      port,
      received,
      submits: () => received().filter(({ command }) => command === 'submit_sm'),
      warnings: () => runs.map((run) => run.warned()).join(''),
      signal: (signal) => runs.at(-1)?.signal(signal),
      hasEnded: () => runs.at(-1)?.hasEnded() ?? true,
      kill: async () => runs.at(-1)?.end(),
      start: async ({ bindStatus = 0, throttleEach = 0, killedAt = 0 } = {}) => {
        const args = [`-I${folder}`, '-MRecording', PERL_SMSC];
        const environment = {
          SMSC_PORT: `${port}`,
          SMSC_RECORD: record,
          SMSC_BIND_STATUS: `${bindStatus}`,
          SMSC_THROTTLE_EACH: `${throttleEach}`,
          SMSC_KILLED_AT: `${killedAt}`,
        };
        runs.push(await startProcessGroup({ command: 'perl', args, environment, isUp: /Entering accept loop/ }));
      },
      stop: async () => {
        await smsc.kill();
        rmSync(folder, { recursive: true, force: true });
      },
    };
    try {
      await smsc.start(faults);
    } catch (error) {
      await smsc.stop();
      throw error;
    }
    return smsc;
  });
}

/** Net::SMPP names every optional parameter by its tag, in decimal, and those it knows by their names as well. */
function pdusIn(record: string): PerlPdu[] {
  const lines = record.split('\n').slice(0, -1);
  return lines.map((line) => {
    const { name, cmd: _id, status, seq, data, known_pdu: _known, reserved: _reserved, ...rest } = JSON.parse(line);
    const entries = Object.entries(rest as Record<string, number | string>);
    const tlvs = entries
      .filter(([key]) => isTag(key))
      .map(([key, value]) => ({ tag: Number(key), value: bytes(value) }));
    const fields = Object.fromEntries(entries.filter(([key]) => !isTag(key)));
    return { command: name, status, sequence: seq, fields, tlvs, body: bytes(data) };
  });
}

function isTag(key: string): boolean {
  return /^\d+$/.test(key);
}

function bytes(value: number | string): Buffer {
  return Buffer.from(String(value), 'latin1');
}
