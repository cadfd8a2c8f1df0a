import { createServer, type RequestListener } from 'node:http';
import { createPayoutService as createExpressService } from '@verified-mobile/example-express';
import { createPayoutService as createKoaService } from '@verified-mobile/example-koa';
import { listen, type RunningServer, serve } from '@verified-mobile/issuer/node';
import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';

export interface DeskPorts {
  readonly issuer: number;
  readonly express: number;
  readonly koa: number;
}

export interface Desk {
  readonly issuerUrl: string;
  readonly payoutUrls: { readonly express: string; readonly koa: string };
  close(): Promise<void>;
}

/** Opens the sandbox issuer and the two payout services that trust it, all in this process. */
export async function openDesk(ports: DeskPorts): Promise<Desk> {
  const issuerUrl = `http://localhost:${ports.issuer}`;
  const payoutUrls = {
    express: `http://localhost:${ports.express}/payouts`,
    koa: `http://localhost:${ports.koa}/payouts`,
  };
  trustSandbox(issuerUrl);
  const sandbox = createSandbox({ publicUrl: issuerUrl, payoutUrls: Object.values(payoutUrls) });
  const running: RunningServer[] = [];
  const close = async (): Promise<void> => void (await Promise.all(running.map(async (server) => server.close())));
  try {
    running.push(await serve(sandbox.fetch, { port: ports.issuer, portSetting: 'ISSUER_PORT' }));
    const express: RequestListener = await createExpressService(SAME_CLOCK);
    running.push(await listen(createServer(express), { port: ports.express, portSetting: 'EXPRESS_PORT' }));
    const koa = (await createKoaService(SAME_CLOCK)).callback();
    running.push(
      await listen(
        createServer((req, res) => void koa(req, res)),
        { port: ports.koa, portSetting: 'KOA_PORT' },
      ),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { issuerUrl, payoutUrls, close };
}

/** The sandbox dates its tokens by the clock of this process: there is nothing to bear, and nothing for `ready()` to wait for. */
const SAME_CLOCK = { clockToleranceSeconds: 0 };

/** The environment that both services read. What else it says of whom to trust must not mix with the sandbox. */
function trustSandbox(issuerUrl: string): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('VERIFIED_MOBILE_')) delete process.env[name];
  }
  process.env['VERIFIED_MOBILE_ISSUER'] = issuerUrl;
  process.env['VERIFIED_MOBILE_AUDIENCE'] = SANDBOX_CREDENTIALS.audience;
  process.env['VERIFIED_MOBILE_JWKS_URL'] = `${issuerUrl}/.well-known/jwks.json`;
}
