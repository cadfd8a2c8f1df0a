import { parseArgs } from 'node:util';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { openDesk } from './desk.ts';
import { walk } from './walk.ts';

const { developerKey, accessKey, initiatorId, cspId } = SANDBOX_CREDENTIALS;
const credentials = `developer_key ${developerKey}, access key ${accessKey}, initiator_id ${initiatorId}, csp_id ${cspId}`;

try {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
  const ports = {
    issuer: portFrom('ISSUER_PORT', 4000),
    express: portFrom('EXPRESS_PORT', 4001),
    koa: portFrom('KOA_PORT', 4002),
  };
  const desk = await openDesk(ports, process.env['SANDBOX_HOST']?.trim() || '127.0.0.1');
  console.log(`Sandbox issuer     ${desk.issuerUrl}`);
  console.log(`Payouts on Express ${desk.payoutUrls.express}`);
  console.log(`Payouts on Koa     ${desk.payoutUrls.koa}`);
  console.log(`Credentials        ${credentials}\n`);
  await walk(desk, (line) => console.log(line)).catch(async (error: unknown) => {
    await desk.close();
    throw error;
  });
  if (values.once) await desk.close();
  else console.log(`\nPay, and try to pay twice (Ctrl+C ends it): ${desk.issuerUrl}/`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

function portFrom(variable: string, usual: number): number {
  const text = process.env[variable]?.trim();
  if (!text) return usual;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} must be a port from 1 to 65535.`);
}
