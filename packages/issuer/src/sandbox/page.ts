import { createHash } from 'node:crypto';
import { WIRE_PATHS } from '@verified-mobile/client';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import { wireMobile } from '../domain/wire-values.ts';
import { CONSUME_PATH, HEALTH_PATH, JWKS_PATH, OPENAPI_PATH } from '../http/paths.ts';
import { SANDBOX_CREDENTIALS } from './credentials.ts';
import { FAILING_MOBILES, INBOX_PATH } from './inbox.ts';
import { type SandboxAddresses, walkthrough } from './walkthrough.ts';

type Fragment = ReturnType<typeof html>;

const STYLE = `
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #dfe4ea; vertical-align: top; }
code, pre { font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; } td code { overflow-wrap: anywhere; }
pre { padding: .7rem .9rem; background: #f3f5f8; border-radius: 6px; overflow-x: auto; }
`;
// Browsers hash all that is between the tags: one space more in the template, and the page loses its style.
const STYLE_ELEMENT = `<style>${STYLE}</style>`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'`;

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

function render(addresses: SandboxAddresses): Fragment {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Mobile OTP sandbox</title>
        ${raw(STYLE_ELEMENT)}
      </head>
      <body>
        <h1>Mobile OTP sandbox</h1>
        <p>A customer proves a mobile number once, and the proof pays once. No account is needed and no SMS is sent.</p>
        <h2>Endpoints</h2>
        ${table(endpoints(addresses))}
        <h2>Credentials</h2>
        ${table(credentials(addresses))}
        <h2>Mobiles that fail on purpose</h2>
        ${table(failingMobiles())}
        <h2>Try it in bash, on Linux or macOS</h2>
        ${walkthrough(addresses).map(step)}
      </body>
    </html>`;
}

function endpoints({ publicUrl, apiUrl, payoutUrls }: SandboxAddresses): string[][] {
  return [
    ['POST', apiUrl + WIRE_PATHS.sendOtp, 'Send OTP'],
    ['PUT', apiUrl + WIRE_PATHS.verifyOtp, 'Verify OTP'],
    ['GET', apiUrl + WIRE_PATHS.validateToken, 'Validate Token; also by POST'],
    ['GET', `${publicUrl}${INBOX_PATH}?mobile=`, 'The SMS it would have sent, newest first'],
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
  return [
    ['Refused', wireMobile(FAILING_MOBILES.refused), 'No operator takes its SMS: Send OTP answers a failure'],
    ['Lost', wireMobile(FAILING_MOBILES.lost), 'Its SMS is accepted and never arrives'],
  ];
}

function table(rows: string[][]): Fragment {
  return html`<table>
    ${rows.map(row)}
  </table>`;
}

function row([name, value, remark]: string[]): Fragment {
  return html`<tr>
    <th>${name}</th>
    <td><code>${value}</code></td>
    <td>${remark}</td>
  </tr>`;
}

function step({ title, command }: { title: string; command: string }): Fragment {
  return html`<p>${title}</p>
    <pre>${command}</pre>`;
}
