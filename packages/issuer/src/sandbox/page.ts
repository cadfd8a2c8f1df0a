import { createHash } from 'node:crypto';
import { WIRE_PATHS } from '@verified-mobile/client';
import type { Context } from 'hono';
import { wireMobile } from '../domain/wire-values.ts';
import { CONSUME_PATH, HEALTH_PATH, JWKS_PATH, OPENAPI_PATH } from '../http/paths.ts';
import { fill, readAsset } from './assets.ts';
import { SANDBOX_CREDENTIALS } from './credentials.ts';
import { FAILING_MOBILES } from './failing-mobiles.ts';
import { CLOCK_PATH, EVENTS_PATH, INBOX_PATH, RESET_PATH } from './paths.ts';
import { type SandboxAddresses, type Step, walkthrough } from './walkthrough.ts';

const STYLE = readAsset('style.css');
// Browsers hash all that is between the tags: one space more, and the page loses its style.
const STYLE_ELEMENT = `<style>${STYLE}</style>`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The page at `/`: what is where, and the commands to try it by hand. No script, nothing from elsewhere. */
export function sandboxPage(addresses: SandboxAddresses): (context: Context) => Promise<Response> {
  const page = render(addresses);
  return async (context) => {
    context.header('cache-control', 'no-store');
    context.header('content-security-policy', CONTENT_SECURITY_POLICY);
    context.header('x-content-type-options', 'nosniff');
    return context.html(page);
  };
}

function render(addresses: SandboxAddresses): string {
  return fill(readAsset('page.html'), {
    style: STYLE_ELEMENT,
    endpoints: table(endpoints(addresses)),
    credentials: table(credentials(addresses)),
    failingMobiles: table(failingMobiles()),
    steps: walkthrough(addresses).map(step).join(''),
  });
}

function endpoints({ publicUrl, apiUrl, payoutUrls }: SandboxAddresses): string[][] {
  return [
    ['POST', apiUrl + WIRE_PATHS.sendOtp, 'Send OTP'],
    ['PUT', apiUrl + WIRE_PATHS.verifyOtp, 'Verify OTP'],
    ['GET', apiUrl + WIRE_PATHS.validateToken, 'Validate Token; also by POST'],
    ['GET', `${publicUrl}${INBOX_PATH}?mobile=`, 'The SMS it would have sent, newest first'],
    ['GET', publicUrl + EVENTS_PATH, 'What happens here, as server-sent events'],
    ['POST', publicUrl + CLOCK_PATH, 'Moves the clock forward: { "advanceSeconds": 60 }'],
    ['POST', publicUrl + RESET_PATH, 'Forgets codes, limits, messages and events, and puts the clock back'],
    ['POST', apiUrl + CONSUME_PATH, 'Consume Token: its first use wins'],
    ['GET', publicUrl + JWKS_PATH, 'Public keys of the tokens'],
    ['GET', publicUrl + OPENAPI_PATH, 'The calls, for machines'],
    ['GET', publicUrl + HEALTH_PATH, 'Whether it runs'],
    ...payoutUrls.map((url) => ['POST', url, 'A payout, behind the guard']),
  ];
}

function credentials({ publicUrl }: SandboxAddresses): string[][] {
  const { developerKey, accessKey, initiatorId, cspId, audience } = SANDBOX_CREDENTIALS;
  return [
    ['developer_key', developerKey],
    ['access key', accessKey],
    ['initiator_id', initiatorId],
    ['csp_id', cspId],
    ['iss of the tokens', publicUrl],
    ['aud of the tokens', audience],
  ];
}

function failingMobiles(): string[][] {
  return Object.entries(FAILING_MOBILES).map(([failure, { mobile, effect }]) => [failure, wireMobile(mobile), effect]);
}

function table(rows: readonly string[][]): string {
  return `<table>${rows.map(row).join('')}</table>`;
}

function row([name = '', value = '', remark = '']: readonly string[]): string {
  return `<tr><th>${escaped(name)}</th><td><code>${escaped(value)}</code></td><td>${escaped(remark)}</td></tr>`;
}

function step({ title, command }: Step): string {
  return `<p>${escaped(title)}</p><pre>${escaped(command)}</pre>`;
}

/** The URLs of payout services are the caller's: they could hold markup. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
