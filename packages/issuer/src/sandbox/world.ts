import { type KeyObject, randomBytes } from 'node:crypto';
import type { ReplayStore } from '@verified-mobile/core';
import { issuerOf, type Issuer } from '../create-issuer.ts';
import type { IssuerFault } from '../domain/ports.ts';
import { defaultFaultReporter } from '../setup/fault-reporter.ts';
import { resolveOptions } from '../setup/resolve-options.ts';
import { memoryOtpStore } from '../store/memory/memory-otp-store.ts';

import { SANDBOX_CREDENTIALS } from './credentials.ts';
import type { EventFeed } from './event-feed.ts';
import { failingOtpStore } from './failing-store.ts';
import { createInbox, type Inbox, SmsRefusedOnPurpose } from './inbox.ts';
import { SANDBOX_LIMITS, type SandboxOptions } from './options.ts';

/** All that a reset replaces: codes, limits and messages, with the issuer that has them. */
export interface World {
  readonly issuer: Issuer;
  readonly inbox: Inbox;
}

/** What every world of one sandbox has in common. */
export interface Surroundings extends Required<Omit<SandboxOptions, 'payoutUrls'>> {
  /** One for all, or guards that know it would refuse the tokens of the next world. */
  readonly signingKey: KeyObject;
  /** One for all, or a used token would pass again in the next world. */
  readonly replayStore: ReplayStore;
  /** The time in the sandbox; `clock` is that of its callers. */
  readonly sandboxClock: () => number;
}

const ACCOUNT_ID = 'sandbox';

export function createWorld(surroundings: Surroundings, publish: EventFeed['publish']): World {
  const { publicUrl, basePath, clock, signingKey, replayStore, sandboxClock } = surroundings;
  const { developerKey, accessKey, initiatorId, audience } = SANDBOX_CREDENTIALS;
  const inbox = createInbox(sandboxClock, (message) => publish('message', message));
  const options = resolveOptions({
    issuer: publicUrl,
    accounts: [
      { id: ACCOUNT_ID, environment: 'sandbox', developerKey, accessKeys: [accessKey], initiatorId, audience },
    ],
    signingKeys: [signingKey],
    peppers: [randomBytes(32)],
    sendSms: inbox.deliver,
    store: failingOtpStore(memoryOtpStore(), ACCOUNT_ID),
    replayStore,
    environment: 'sandbox',
    ...SANDBOX_LIMITS,
    basePath,
    clock: sandboxClock,
    onEvent: (event) => publish('issuer', event),
    onFault: (fault) => reportFault(fault, publish),
  });
  // Callers sign by their own clock, which does not move with the sandbox's.
  // And its mobiles that fail must not be taken for a provider that does.
  return { inbox, issuer: issuerOf({ ...options, callersClock: clock, failuresToOpen: Infinity }) };
}

function reportFault(fault: IssuerFault, publish: EventFeed['publish']): void {
  const { during, error } = fault;
  const isOnPurpose = error instanceof SmsRefusedOnPurpose;
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  publish('fault', { during, name, code, ...(isOnPurpose && { message: error.message }) });
  if (!isOnPurpose) defaultFaultReporter(fault);
}
