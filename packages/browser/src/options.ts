import { askByDialog } from './ask-by-dialog.ts';
import type { OtpSession } from './otp-session.ts';
import type { OtpTexts } from './texts.ts';

export interface MobileProofOptions {
  /** Where the app's own back end sends and verifies OTPs: `POST {otpUrl}` and `POST {otpUrl}/verify`. Default `/otp`. */
  readonly otpUrl?: string;
  /** Origins beside the page's own whose requests may be proved: their servers receive tokens. Default none. */
  readonly origins?: readonly string[];
  /** How long a call to `otpUrl` may take. Milliseconds, 1 to 60,000. Default 15,000. */
  readonly timeoutMs?: number;
  /** Texts of the dialog; those left out are English. */
  readonly texts?: Partial<OtpTexts>;
  /**
   * Asks the customer in place of the dialog, and resolves when that is over: if nothing was verified by then, the request
   * was not approved. It is never given the token.
   */
  readonly askForOtp?: (session: OtpSession) => Promise<void>;
}

export interface ProofSettings extends Required<Omit<MobileProofOptions, 'texts'>> {
  readonly fetch: typeof globalThis.fetch;
}

/** @throws {TypeError} naming the setting and the remedy */
export function resolveOptions(fetch: ProofSettings['fetch'], options: MobileProofOptions): ProofSettings {
  const { otpUrl = '/otp', origins = [], timeoutMs = 15_000, texts = {}, ...others } = options;
  const { askForOtp = async (session) => askByDialog(session, texts), ...unknown } = others;
  refuseIf(Object.keys(unknown)[0], 'is no option');
  refuseIf(typeof fetch !== 'function' && 'fetch', 'must be a function');
  refuseIf(typeof askForOtp !== 'function' && 'askForOtp', 'must be a function');
  refuseIf(!/[^/]$/.test(otpUrl) && 'otpUrl', 'must be like /otp');
  refuseIf(!origins.every(isOrigin) && 'origins', 'must be like https://api.example.in');
  refuseIf(!(timeoutMs >= 1 && timeoutMs <= 60_000) && 'timeoutMs', 'must be from 1 to 60,000');
  return { fetch, otpUrl, origins, timeoutMs, askForOtp };
}

function refuseIf(setting: string | false | undefined, remedy: string): void {
  if (setting) throw new TypeError(`withMobileProof(): ${setting} ${remedy}.`);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
