import type { SmsMessage, SmsResult } from '@verified-mobile/issuer';
import { type SmscRecorder, type SmscSettings, startSmscRecorder } from '@verified-mobile/test-support/smsc-recorder';
import { onTestFinished } from 'vitest';
import { type SmppFault, type SmppRoute, type SmppRouteOptions, smppRoute } from '../src/index.ts';

export interface Stage {
  readonly smsc: SmscRecorder;
  readonly route: SmppRoute;
  /** What the route reported, in order. */
  readonly faults: SmppFault[];
}

export const PASSWORD = 'hunter22';

/** A route to a recording SMSC that accepts everything until it is told otherwise; both end with the test. */
export async function stage(options: Partial<SmppRouteOptions> = {}, settings: SmscSettings = {}): Promise<Stage> {
  const smsc = await startSmscRecorder(settings);
  const { route, faults } = routeTo(`smpp://127.0.0.1:${smsc.port}`, options);
  onTestFinished(async () => {
    await route.close();
    await smsc.stop();
  });
  return { smsc, route, faults };
}

/** For a peer of another kind; it ends with the test, before what was started earlier. */
export function routeTo(url: string, options: Partial<SmppRouteOptions> = {}): Omit<Stage, 'smsc'> {
  const faults: SmppFault[] = [];
  const route = smppRoute({
    name: 'operator',
    url,
    systemId: 'payouts',
    password: PASSWORD,
    reconnectDelayMs: 10,
    longestReconnectDelayMs: 50,
    onFault: (fault) => void faults.push(fault),
    ...options,
  });
  onTestFinished(async () => route.close());
  return { route, faults };
}

export const DLT = {
  entityId: '1101456890000012345',
  header: 'EKOIND',
  templateId: '1107169000000054321',
  category: 'service-implicit',
} as const;

export function sms(text = '123456 is the OTP.', fields: Partial<SmsMessage> = {}): SmsMessage {
  return {
    to: '+919002336768',
    text,
    account: 'eko',
    purpose: 'mobile-verification',
    template: '{#var#} is the OTP.',
    dlt: DLT,
    challengeId: 'challenge',
    expiresAt: Date.now() + 300_000,
    ...fields,
  };
}

/** Hands a message over, with all the time it takes. */
export async function send(route: SmppRoute, message: SmsMessage = sms()): Promise<SmsResult> {
  return route.send(message, { signal: new AbortController().signal });
}
