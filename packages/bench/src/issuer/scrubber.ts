/** What it costs to compare a text with its DLT template before each send, beside a regular expression of the same template. */
import { countSegments, type DltTemplate, readDltRegistry, scrub } from '@verified-mobile/issuer/dlt';
import { ratioOf, spreadOf } from '../statistics.ts';
import { printTable, ratioCell, spreadCell } from '../table.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const MESSAGES = Number(process.env['MESSAGES'] ?? 20_000);
/** Until then the cost of a message still falls. */
const WARM_UP_ROUNDS = 3;

interface Text {
  readonly name: string;
  readonly template: object;
  /** The message of one code. */
  readonly messageOf: (code: string) => string;
}

const AMOUNT_AND_PAYEE = { purpose: 'transaction-approval', variables: ['code', 'amount', 'payee'] };
const NEIGHBOURS = '{#var#}{#var#}{#var#}';

const TEXTS: readonly Text[] = [
  {
    name: 'a code',
    template: { text: '{#numeric#} is the OTP to verify your mobile number.\n- Example Shop' },
    messageOf: (code) => `${code} is the OTP to verify your mobile number.\n- Example Shop`,
  },
  {
    name: 'a transaction',
    template: {
      ...AMOUNT_AND_PAYEE,
      text: '{#numeric#} is the OTP to pay Rs {#alphanumeric#} to {#alphanumeric#}.\n- Example Shop',
    },
    messageOf: (code) => `${code} is the OTP to pay Rs 2500.50 to Asha Traders.\n- Example Shop`,
  },
  {
    name: 'Devanagari',
    template: { language: 'hi', text: '{#numeric#} आपका OTP है।\n- Example Shop' },
    messageOf: (code) => `${code} आपका OTP है।\n- Example Shop`,
  },
  {
    name: 'three values side by side',
    template: { ...AMOUNT_AND_PAYEE, text: `${NEIGHBOURS} is it.` },
    messageOf: (code) => `${code}${'a'.repeat(60)} is it.`,
  },
];

/** Prints microseconds of CPU time for each message. */
export function measureScrubber(): void {
  const rows = TEXTS.map((text) => rowOf(text));
  const header = ['', 'characters', 'RegExp µs', 'scrub µs', '÷ RegExp', 'countSegments µs'];
  printTable(`The scrubber: ${ROUNDS} rounds of ${MESSAGES} messages`, header, rows);
}

function rowOf({ name, template: members, messageOf }: Text): string[] {
  const template = registered(members);
  const pattern = patternOf(template);
  const [byPattern, scrubbed, counted]: [number[], number[], number[]] = [[], [], []];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const messages = Array.from({ length: MESSAGES }, (_, index) => messageOf(String(index).padStart(6, '0')));
    const costs = [
      cpuPerMessage(messages, (message) => pattern.test(message)),
      cpuPerMessage(messages, (message) => scrub(template, message).outcome === 'matched'),
      cpuPerMessage(messages, (message) => countSegments(message).segments === 1),
    ] as const;
    if (round < 0) continue;
    for (const [index, list] of [byPattern, scrubbed, counted].entries()) list.push(costs[index]!);
  }
  const cells = [byPattern, scrubbed].map((costs) => spreadCell(spreadOf(costs), 2));
  const ratio = ratioCell(ratioOf(scrubbed, byPattern));
  return [name, String(messageOf('000000').length), ...cells, ratio, spreadCell(spreadOf(counted), 2)];
}

function registered(members: object): DltTemplate {
  const headers = [{ header: 'EXSHOP', category: 'service-implicit' }];
  const defaults = { id: '1707158000000000101', purpose: 'mobile-verification', language: 'en', variables: ['code'] };
  const shop = { entityId: '1701158000000000001', headers, templates: [{ ...defaults, ...members }] };
  return readDltRegistry(JSON.stringify({ accounts: { shop } })).accounts.get('shop')!.templates[0]!;
}

/** As one would write it by hand. It says whether a text matches, and not where it departs. */
function patternOf({ parts }: DltTemplate): RegExp {
  const source = parts.map((part) => {
    if (part.kind === 'fixed') return part.text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    return part.tag === 'numeric' ? `[0-9]{1,${part.maxLength}}` : `[^<>]{1,${part.maxLength}}`;
  });
  return new RegExp(`^${source.join('')}$`, 'u');
}

function cpuPerMessage(messages: readonly string[], passes: (message: string) => boolean): number {
  const before = process.cpuUsage();
  for (const message of messages) if (!passes(message)) throw new Error('A message was refused that is good.');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / messages.length;
}
