import { createServer, type RequestListener } from 'node:http';
import { createPayoutService as createExpressService } from '@verified-mobile/example-express';
import { createPayoutService as createKoaService } from '@verified-mobile/example-koa';
import { listen, type RunningServer, serve, type ServeOptions } from '@verified-mobile/issuer/node';
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

/**
 * Opens the sandbox issuer and the two payout services that trust it, all in this process.
 *
 * @param hostname the address they listen on: whoever reaches it reads the codes and moves the clock
 */
export async function openDesk(ports: DeskPorts, hostname: string): Promise<Desk> {
  const issuerUrl = `http://localhost:${ports.issuer}`;
  const payoutUrls = {
    express: `http://localhost:${ports.express}/payouts`,
    koa: `http://localhost:${ports.koa}/payouts`,
  };
  trustSandbox(issuerUrl);
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
    running.push(await serve(sandbox.fetch, at('ISSUER', ports.issuer)));
    const express: RequestListener = await createExpressService(sandbox.guardOptions);
    running.push(await listen(createServer(express), at('EXPRESS', ports.express)));
    const koa = (await createKoaService(sandbox.guardOptions)).callback();
    running.push(
      await listen(
        createServer((req, res) => void koa(req, res)),
        at('KOA', ports.koa),
      ),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { issuerUrl, payoutUrls, close };
}

/** The environment that both services read. What else it says of whom to trust must not mix with the sandbox. */
function trustSandbox(issuerUrl: string): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('VERIFIED_MOBILE_')) delete process.env[name];
  }
  process.env['VERIFIED_MOBILE_ISSUER'] = issuerUrl;
  process.env['VERIFIED_MOBILE_AUDIENCE'] = SANDBOX_CREDENTIALS.audience;
  process.env['VERIFIED_MOBILE_JWKS_URL'] = `${issuerUrl}/.well-known/jwks.json`;
}
