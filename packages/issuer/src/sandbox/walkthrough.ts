import { WIRE_PATHS } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from './credentials.ts';
import { INBOX_PATH } from './inbox.ts';

/** Where everything is. */
export interface SandboxAddresses {
  readonly publicUrl: string;
  /** `publicUrl` with the base path. */
  readonly apiUrl: string;
  readonly payoutUrls: readonly string[];
}

/** One step to try by hand, in bash. */
export interface Step {
  readonly title: string;
  readonly command: string;
}

const CUSTOMER = '9876543210';
const PAYOUT = JSON.stringify({ amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' });
const JSON_HEADER = "-H 'content-type: application/json'";

/** The whole flow as commands for a terminal; each uses what the ones before it have set. */
export function walkthrough({ publicUrl, apiUrl, payoutUrls }: SandboxAddresses): Step[] {
  const inboxUrl = quoted(`${publicUrl}${INBOX_PATH}?mobile=${CUSTOMER}`);
  const steps = [
    {
      title: 'Once per terminal: sign requests. The key of the MAC is the base64 text of the access key.',
      command: SIGNED_CURL,
    },
    { title: 'Send an OTP.', command: sendCommand(apiUrl) },
    {
      title: 'Read the SMS, which the sandbox keeps instead of sending it.',
      command: lines(
        `curl -sS ${inboxUrl}; echo`,
        `otp=$(curl -sS ${inboxUrl} | grep -Eo '[0-9]{6} is the OTP' | head -n 1 | cut -c 1-6); echo "$otp"`,
      ),
    },
    { title: 'Verify it. The answer holds the token; the OTP is used up.', command: verifyCommand(apiUrl) },
    {
      title: 'Ask whether the token is valid. That uses nothing up: ask as often as you like for five minutes.',
      command: validateCommand(apiUrl),
    },
  ];
  if (payoutUrls.length === 0) return steps;
  return [
    ...steps,
    {
      title: 'Pay. One payout spends the token: run a line twice, and the second answer is a refusal.',
      command: lines(...payoutUrls.map(payCommand)),
    },
  ];
}

const SIGNED_CURL = lines(
  'signed() {',
  '  ts=$(date +%s)000',
  `  key=$(printf %s ${quoted(SANDBOX_CREDENTIALS.accessKey)} | base64)`,
  '  mac=$(printf %s "$ts" | openssl dgst -sha256 -hmac "$key" -binary | base64)',
  continued(
    `  curl -sS -H ${quoted(`developer_key: ${SANDBOX_CREDENTIALS.developerKey}`)}`,
    '  -H "secret-key: $mac" -H "secret-key-timestamp: $ts" "$@"',
  ),
  '}',
);

function sendCommand(apiUrl: string): string {
  const { initiatorId, cspId } = SANDBOX_CREDENTIALS;
  const body = { initiator_id: initiatorId, csp_id: cspId, mobile: CUSTOMER };
  const url = quoted(apiUrl + WIRE_PATHS.sendOtp);
  return continued(`signed -X POST ${url} ${JSON_HEADER}`, `-d ${quoted(JSON.stringify(body))}; echo`);
}

function verifyCommand(apiUrl: string): string {
  const body = { initiator_id: SANDBOX_CREDENTIALS.initiatorId, otp: '$otp', mobile: CUSTOMER };
  // The quotes end around the variable, or the shell would send its name.
  const bodyWord = quoted(JSON.stringify(body)).replace('$otp', () => `'"$otp"'`);
  return lines(
    continued(
      `verified=$(signed -X PUT ${quoted(apiUrl + WIRE_PATHS.verifyOtp)} ${JSON_HEADER}`,
      `-d ${bodyWord}); echo "$verified"`,
    ),
    `token=$(printf %s "$verified" | sed -E 's/.*"otp_verification_token":"([^"]*)".*/\\1/')`,
  );
}

function validateCommand(apiUrl: string): string {
  return continued(
    `signed -G ${quoted(apiUrl + WIRE_PATHS.validateToken)}`,
    `--data-urlencode ${quoted(`initiator_id=${SANDBOX_CREDENTIALS.initiatorId}`)}`,
    '--data-urlencode "otp_verification_token=$token"; echo',
  );
}

function payCommand(payoutUrl: string): string {
  return continued(
    `curl -sS -i -X POST ${quoted(payoutUrl)} -H "otp-verification-token: $token"`,
    `${JSON_HEADER} -d ${quoted(PAYOUT)}; echo`,
  );
}

/** One word for the shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function lines(...commands: string[]): string {
  return commands.join('\n');
}

/** One command over several lines. */
function continued(...parts: string[]): string {
  return parts.join(' \\\n  ');
}
