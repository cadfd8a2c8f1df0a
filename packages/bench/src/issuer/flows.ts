import { setTimeout as pause } from 'node:timers/promises';
import { signedHeaders } from '@verified-mobile/client';
import { ACCOUNT, CODE_HEADER, PATHS } from './fixtures.ts';
import { Connection } from '../connection.ts';

const CONNECTIONS = 32;
const FIRST_MOBILE = 6_000_000_000;
let flows = 0;

/** Send, then verify, on one connection with a mobile of its own. Returns the milliseconds of both requests. */
async function runFlow(connection: Connection): Promise<[number, number]> {
  flows += 1;
  const mobile = String(FIRST_MOBILE + flows);
  const { initiatorId: initiator_id } = ACCOUNT;
  const startedAt = performance.now();
  const send = { initiator_id, csp_id: '9002336768', mobile, client_ref_id: `flow-${process.pid}-${flows}` };
  const sent = await connection.request(
    `${headFor('POST', PATHS.send)}${CODE_HEADER}: ${mobile}\r\n`,
    JSON.stringify(send),
  );
  const sentAt = performance.now();
  const otp = sent.header(CODE_HEADER);
  const verified = await connection.request(
    headFor('PUT', PATHS.verify),
    JSON.stringify({ initiator_id, mobile, otp }),
  );
  if (!verified.body.includes('otp_verification_token'))
    throw new Error(`A flow failed: ${sent.body} ${verified.body}`);
  return [sentAt - startedAt, performance.now() - sentAt];
}

/** Runs as many flows as it can, with every connection always busy. Returns flows per second. */
export async function saturate(port: number, seconds: number): Promise<number> {
  const connections = await open(port);
  const endsAt = performance.now() + seconds * 1000;
  let done = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < endsAt) {
        await runFlow(connection);
        done += 1;
      }
    }),
  );
  for (const connection of connections) connection.close();
  return done / seconds;
}

/** Runs flows at a fixed rate, however long the answers take. Returns the milliseconds of every request. */
export async function pace(port: number, perSecond: number, seconds: number): Promise<number[]> {
  const idle = await open(port);
  const times: number[] = [];
  const running: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let started = 0; started < perSecond * seconds; started += 1) {
    const dueAt = startedAt + (started * 1000) / perSecond;
    while (performance.now() < dueAt) await pause(1);
    running.push(runPaced(idle, port, dueAt, times));
  }
  await Promise.all(running);
  for (const connection of idle) connection.close();
  return times;
}

async function runPaced(idle: Connection[], port: number, dueAt: number, times: number[]): Promise<void> {
  const connection = idle.pop() ?? (await Connection.open(port));
  // A flow that started late counts its delay as part of its first request.
  const waitedMs = performance.now() - dueAt;
  const [sendMs, verifyMs] = await runFlow(connection);
  times.push(sendMs + waitedMs, verifyMs);
  idle.push(connection);
}

async function open(port: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, async () => Connection.open(port)));
}

let signedAt = 0;
let signature = '';

function headFor(method: string, path: string): string {
  if (Date.now() - signedAt > 10_000) {
    signedAt = Date.now();
    const headers = signedHeaders({ developerKey: ACCOUNT.developerKey, accessKey: ACCOUNT.accessKeys[0]! }, signedAt);
    signature = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }
  return `${method} ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n${signature}`;
}
