import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { signedHeaders } from '@verified-mobile/client';
import { generateSigningKey, type IssuerAccount } from '@verified-mobile/issuer';
import { freePort } from '@verified-mobile/test-support/free-port';
import { sendBody, SHOP } from './issuer-under-test.ts';

export const COMMAND: string = fileURLToPath(new URL('../../dist/command.js', import.meta.url));
export const CALLS = '/ekoapi/v3/tools/kyc/mobile/otp';

/** The command as a user runs it, its files in a folder of the test's own. */
export interface Service {
  url: string;
  metricsPort: string | undefined;
  metrics: () => Promise<string>;
  call: (method: string, path: string, body?: object) => Promise<object>;
  request: (method: string, path: string, body?: object) => Promise<Response>;
  exit: Promise<{ code: number | null; output: string }>;
  status: (account: IssuerAccount) => Promise<number>;
  /** The code of the newest SMS. */
  sentCode: () => string;
  hangUp: (expected: string) => Promise<void>;
  says: (text: string) => Promise<void>;
  /** Sends it a signal and goes on. */
  signal: (signal: NodeJS.Signals) => void;
  stop: (signal: NodeJS.Signals) => Promise<{ code: number | null; output: string }>;
}

export interface Options {
  slowSms?: boolean;
  /** What its log says before it is handed over. Default: that it serves. */
  until?: string;
  more?: Record<string, string>;
}

export async function environment(folder: string, options: Options = {}): Promise<Record<string, string>> {
  const pem = generateSigningKey().export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, 'keys.json'), JSON.stringify([{ pem }]));
  writeFileSync(join(folder, 'accounts.json'), JSON.stringify([SHOP]));
  const wait = options.slowSms
    ? `process.stdout.write('handing over\\n'); await new Promise((resolve) => setTimeout(resolve, 300));`
    : '';
  writeFileSync(
    join(folder, 'sms.mjs'),
    `import { writeFileSync } from 'node:fs';
     export default async ({ text }) => { ${wait} writeFileSync(${JSON.stringify(join(folder, 'sms.txt'))}, text); return { outcome: 'accepted' }; };`,
  );
  return {
    ISSUER_URL: 'https://otp.test',
    ISSUER_PORT: String(await freePort()),
    ISSUER_HOST: '127.0.0.1',
    ISSUER_METRICS_PORT: String(await freePort()),
    ISSUER_ACCOUNTS_FILE: join(folder, 'accounts.json'),
    ISSUER_KEYS_FILE: join(folder, 'keys.json'),
    ISSUER_PEPPERS: Buffer.alloc(32, 'pepper').toString('base64'),
    ISSUER_SMS_MODULE: join(folder, 'sms.mjs'),
    ISSUER_DRAIN_SECONDS: '0',
    ISSUER_REPLAY_STORE: 'memory',
    ISSUER_LEDGER_FOLDER: join(folder, 'ledger'),
    ...options.more,
  };
}

export async function startService(folder: string, options: Options = {}): Promise<Service> {
  const env = await environment(folder, options);
  const child: ChildProcess = spawn(process.execPath, [COMMAND], { env });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output.text += String(chunk)));
  const exit = once(child, 'exit').then(([code]) => ({ code: code as number | null, output: output.text }));
  const says = async (text: string): Promise<void> => {
    const failed = exit.then(() => {
      throw new Error(`ended with: ${output.text}`);
    });
    failed.catch(() => undefined);
    while (!output.text.includes(text)) await Promise.race([once(child.stdout!, 'data'), failed]);
  };
  await says(options.until ?? '"msg":"metrics"');
  const url = `http://127.0.0.1:${env['ISSUER_PORT']}`;
  const request = async (method: string, path: string, body?: object, account = SHOP): Promise<Response> => {
    const keys = { developerKey: account.developerKey, accessKey: account.accessKeys[0] ?? '' };
    const headers = { 'content-type': 'application/json', ...signedHeaders(keys) };
    return fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  };
  return {
    url,
    metricsPort: env['ISSUER_METRICS_PORT'],
    metrics: async () => (await fetch(`http://127.0.0.1:${env['ISSUER_METRICS_PORT']}/metrics`)).text(),
    call: async (method, path, body) => (await (await request(method, path, body)).json()) as object,
    request,
    exit,
    status: async (account) => (await request('PUT', `${CALLS}/verify`, {}, account)).status,
    sentCode: () => readFileSync(join(folder, 'sms.txt'), 'utf8').slice(0, 6),
    async hangUp(expected) {
      child.kill('SIGHUP');
      await says(expected);
    },
    says,
    signal: (signal) => void child.kill(signal),
    async stop(signal) {
      child.kill(signal);
      return exit;
    },
  };
}

export async function verified({ call, sentCode }: Service): Promise<string> {
  await call('POST', CALLS, sendBody());
  const body = { initiator_id: SHOP.initiatorId, otp: sentCode(), mobile: '9002336768' };
  const { data } = (await call('PUT', `${CALLS}/verify`, body)) as { data: { otp_verification_token: string } };
  return data.otp_verification_token;
}

export async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [COMMAND, ...args])).stdout;
}
