import { createServer } from 'node:http';
import { createOtpClient } from '@verified-mobile/client';
import { type FetchHandler, listen, type RunningServer, serve, type ServeOptions } from '@verified-mobile/issuer/node';
import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { sandboxCalls } from './customers-phone.ts';
import { frontDoor } from './front-door.ts';
import { createPayoutBook } from './payout-book.ts';
import { payoutCalls, type PayoutUrls } from './payout-calls.ts';
import { createExpressService } from './services/express.ts';
import { createKoaService } from './services/koa.ts';
import { createTries } from './tries.ts';

export interface DeskPorts {
  readonly issuer: number;
  readonly express: number;
  readonly koa: number;
}

export interface Desk {
  readonly issuerUrl: string;
  readonly payoutUrls: PayoutUrls;
  close(): Promise<void>;
}

/**
 * Opens the page with the sandbox issuer behind it, and the two payout services that trust it, all in this process.
 *
 * @param hostname the address they listen on: whoever reaches it reads the codes and moves the clock
 */
export async function openDesk(ports: DeskPorts, hostname: string): Promise<Desk> {
  const issuerUrl = `http://localhost:${ports.issuer}`;
  const payoutUrls = {
    express: `http://localhost:${ports.express}/payouts`,
    koa: `http://localhost:${ports.koa}/payouts`,
  };
  const sandbox = createSandbox({ publicUrl: issuerUrl, payoutUrls: Object.values(payoutUrls) });
  const running: RunningServer[] = [];
  const close = async (): Promise<void> => {
    await sandbox.close();
    await Promise.all(running.map(async (server) => server.close()));
  };
  const at = (name: string, port: number): ServeOptions => ({
    port,
    portSetting: `${name}_PORT`,
    hostname,
    hostnameSetting: 'SANDBOX_HOST',
  });
  try {
    running.push(await serve(deskHandler(sandbox, issuerUrl, payoutUrls), at('ISSUER', ports.issuer)));
    const trusted = { sandbox, issuerUrl };
    const book = createPayoutBook();
    const express = await createExpressService(trusted, book);
    running.push(await listen(createServer(express), at('EXPRESS', ports.express)));
    const koa = (await createKoaService(trusted, book)).callback();
    const koaServer = createServer((req, res) => void koa(req, res));
    running.push(await listen(koaServer, at('KOA', ports.koa)));
  } catch (error) {
    await close();
    throw error;
  }
  return { issuerUrl, payoutUrls, close };
}

function deskHandler(
  sandbox: ReturnType<typeof createSandbox>,
  issuerUrl: string,
  payoutUrls: PayoutUrls,
): FetchHandler {
  const { developerKey, accessKey, initiatorId } = SANDBOX_CREDENTIALS;
  const client = createOtpClient({ developerKey, accessKey, initiatorId, baseUrl: `${issuerUrl}/ekoapi/v3` });
  const pay = payoutCalls(payoutUrls);
  const tries = createTries({ client, sandbox, calls: sandboxCalls(issuerUrl), pay, issuerUrl });
  return frontDoor({ sandbox, client, pay, tries });
}
