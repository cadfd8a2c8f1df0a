import { WIRE_PATHS } from '@verified-mobile/client';
import { fill, readAsset } from './assets.ts';
import { SANDBOX_CREDENTIALS } from './credentials.ts';
import { INBOX_PATH } from './paths.ts';

/** The URLs that the commands need. */
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
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };
/** What the SMS says, and what guards compare: those that compare nothing refuse the token. */
const TRANSACTION = { amount: PAYOUT.amount, currency: PAYOUT.currency, payee: PAYOUT.account };

/** Paragraphs of a script, each below a comment that says what it does. */
const STEPS: readonly Step[] = readAsset('walkthrough.sh')
  .trimEnd()
  .split('\n\n')
  .map((paragraph) => {
    const [comment = '', ...command] = paragraph.split('\n');
    return { title: comment.replace('# ', ''), command: command.join('\n') };
  });

/** The whole flow as commands for a terminal; each uses what the ones before it have set. */
export function walkthrough(addresses: SandboxAddresses): readonly Step[] {
  const values = valuesOf(addresses);
  return STEPS.flatMap(({ title, command }) => {
    if (!command.includes('{{payoutUrl}}')) return [{ title, command: fill(command, values) }];
    const payments = addresses.payoutUrls.map((url) => fill(command, { ...values, payoutUrl: quoted(url) }));
    return payments.length === 0 ? [] : [{ title, command: payments.join('\n') }];
  });
}

function valuesOf({ publicUrl, apiUrl }: SandboxAddresses): Readonly<Record<string, string>> {
  const { developerKey, accessKey, initiatorId, cspId } = SANDBOX_CREDENTIALS;
  return {
    accessKey: quoted(accessKey),
    developerKeyHeader: quoted(`developer_key: ${developerKey}`),
    initiatorId,
    mobile: CUSTOMER,
    sendUrl: quoted(apiUrl + WIRE_PATHS.sendOtp),
    sendBody: quoted(
      JSON.stringify({ initiator_id: initiatorId, csp_id: cspId, mobile: CUSTOMER, transaction: TRANSACTION }),
    ),
    inboxUrl: quoted(`${publicUrl}${INBOX_PATH}?mobile=${CUSTOMER}`),
    verifyUrl: quoted(apiUrl + WIRE_PATHS.verifyOtp),
    validateUrl: quoted(apiUrl + WIRE_PATHS.validateToken),
    payout: quoted(JSON.stringify(PAYOUT)),
  };
}

/** One word for the shell, quotes and spaces included. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
