import { createServer } from 'node:http';
import { listen, serve } from '@verified-mobile/issuer/node';
import { createSandbox, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';

try {
  const { NODE_ENV, PORT = 4007, ISSUER_PORT = 4008 } = process.env;
  const namesIssuer = Object.keys(process.env).some((name) => /^(?:VERIFIED_MOBILE|OTP)_/.test(name));
  // In production a forgotten setting must stop the app: anybody can read the sandbox's SMS.
  if (!namesIssuer && NODE_ENV !== 'production') await useSandbox(Number(ISSUER_PORT));
  // The app reads its settings as it is loaded.
  const { app } = await import('./app.ts');
  const { url } = await listen(createServer(app), { port: Number(PORT), portSetting: 'PORT' });
  console.log(`Payouts: ${url}`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

/** An issuer for trying out, in this process. */
async function useSandbox(port: number): Promise<void> {
  const url = `http://localhost:${port}`;
  const sandbox = createSandbox({ publicUrl: url });
  await serve(sandbox.fetch, { port, portSetting: 'ISSUER_PORT' });
  Object.assign(process.env, settingsOf(url));
  console.log(`SMS:     ${url}/sandbox/messages`);
}

function settingsOf(url: string): Record<string, string> {
  const { developerKey, accessKey, initiatorId, cspId, audience } = SANDBOX_CREDENTIALS;
  return {
    VERIFIED_MOBILE_ISSUER: url,
    VERIFIED_MOBILE_AUDIENCE: audience,
    VERIFIED_MOBILE_JWKS_URL: `${url}/.well-known/jwks.json`,
    OTP_BASE_URL: `${url}/ekoapi/v3`,
    OTP_DEVELOPER_KEY: developerKey,
    OTP_ACCESS_KEY: accessKey,
    OTP_INITIATOR_ID: initiatorId,
    OTP_CSP_ID: cspId,
  };
}
