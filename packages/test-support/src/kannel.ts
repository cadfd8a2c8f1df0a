import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, onFreePort } from './free-port.ts';
import { type ProcessGroup, startProcessGroup } from './process-group.ts';
import { BEARERBOX, hasKannel as isThere, SMSBOX } from './smpp-programs.ts';

export const hasKannel: boolean = isThere();

export interface KannelSettings {
  readonly smscPort: number;
  /** Tags of optional parameters, by the names that `send` has for them. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** Speaks TLS, and trusts any certificate. */
  readonly usesTls?: boolean;
}

export interface KannelText {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** As UCS-2. Otherwise in the alphabet of GSM. */
  readonly isUnicode?: boolean;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where it reports what became of the text: `%d` in it stands for the number of the event. */
  readonly reportTo?: string;
}

/**
 * Kannel's bearerbox as an ESME, bound as a transceiver to the SMSC of a test, and its smsbox, which takes texts for it.
 * It is the reference for what an ESME sends. Only if `hasKannel`.
 */
export interface Kannel {
  /** Resolves when bearerbox has taken it: what is sent goes out when it is bound. */
  send(text: KannelText): Promise<void>;
  /** What bearerbox says, PDUs included. */
  log(): string;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

interface Ports {
  readonly admin: number;
  readonly smsbox: number;
  readonly sendsms: number;
}

export async function startKannel(settings: KannelSettings): Promise<Kannel> {
  return onFreePort(async (sendsms) => {
    const folder = mkdtempSync(join(tmpdir(), 'kannel-'));
    const file = join(folder, 'kannel.conf');
    writeFileSync(file, groupsOf(settings, { sendsms, admin: await freePort(), smsbox: await freePort() }));
    const args = ['-v', '0', file];
    const boxes: ProcessGroup[] = [];
    const kannel: Kannel = {
      send: async (text) => handOver(sendsms, text),
      log: () => boxes[0]?.warned() ?? '',
      signal: (signal) => boxes[0]?.signal(signal),
      stop: async () => {
        await Promise.all(boxes.map(async (box) => box.end()));
        rmSync(folder, { recursive: true, force: true });
      },
    };
    try {
      boxes.push(await startProcessGroup({ command: BEARERBOX, args, isUp: /Start-up done/ }));
      boxes.push(await startProcessGroup({ command: SMSBOX, args, isUp: /Connected to bearerbox/ }));
    } catch (error) {
      await kannel.stop();
      throw error;
    }
    return kannel;
  });
}

const [USER, PASSWORD] = ['tests', 'secret'];
const SMSC_ID = 'recorder';
/** Delivered, undelivered, refused by the SMSC. */
const EVENTS = '19';
const IS_UCS2 = '2';

async function handOver(port: number, text: KannelText): Promise<void> {
  const query = new URLSearchParams({ username: USER, password: PASSWORD, charset: 'UTF-8' });
  for (const name of ['from', 'to', 'text'] as const) query.set(name, text[name]);
  if (text.isUnicode === true) query.set('coding', IS_UCS2);
  if (text.parameters !== undefined) query.set('meta-data', `?smpp?${new URLSearchParams(text.parameters).toString()}`);
  if (text.reportTo !== undefined) query.set('dlr-url', text.reportTo);
  if (text.reportTo !== undefined) query.set('dlr-mask', EVENTS);
  const answer = await fetch(`http://127.0.0.1:${port}/cgi-bin/sendsms?${query.toString()}`);
  if (answer.status !== 202) throw new Error(`smsbox answered ${answer.status}: ${await answer.text()}`);
}

function groupsOf({ smscPort, parameters = {}, usesTls = false }: KannelSettings, ports: Ports): string {
  const loopback = '127.0.0.1';
  const core = {
    'admin-port': ports.admin,
    'admin-interface': loopback,
    'admin-password': PASSWORD,
    'smsbox-port': ports.smsbox,
    'smsbox-interface': loopback,
  };
  const smsc = {
    smsc: 'smpp',
    'smsc-id': SMSC_ID,
    host: loopback,
    port: smscPort,
    'use-ssl': usesTls,
    'transceiver-mode': true,
    'smsc-username': 'kannel',
    'smsc-password': PASSWORD,
    'system-type': '',
    'source-addr-ton': 5,
    'source-addr-npi': 0,
    'dest-addr-ton': 1,
    'dest-addr-npi': 1,
    'reconnect-delay': 1,
  };
  const smsbox = { 'bearerbox-host': loopback, 'sendsms-port': ports.sendsms, 'sendsms-interface': loopback };
  const user = { username: USER, password: PASSWORD, concatenation: true, 'max-messages': 10 };
  const groups = [
    group('core', core),
    group('smsc', smsc),
    ...Object.entries(parameters).map(([name, tag]) => group('smpp-tlv', parameter(name, tag))),
    group('smsbox', smsbox),
    group('sendsms-user', user),
  ];
  return groups.join('\n');
}

function parameter(name: string, tag: number): Lines {
  return { name, tag: `0x${tag.toString(16)}`, type: 'octetstring', length: 64, 'smsc-id': SMSC_ID };
}

type Lines = Readonly<Record<string, string | number | boolean>>;

function group(name: string, lines: Lines): string {
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${value === '' ? '""' : value}\n`);
  return `group = ${name}\n${text.join('')}`;
}
