import type { ReplayStore } from '@verified-mobile/core';
import type { StoreVerb } from '../domain/otp-store.ts';
import type { Outbox } from '../domain/outbox.ts';
import { misconfigured } from '../lib/errors.ts';
import { isSecret, SHORTEST_SECRET_BYTES } from '../lib/secrets.ts';
import { requireFunction, requireText, requireWhole } from '../lib/settings.ts';
import { DEFAULT_BASE_PATH, type Settings } from './defaults.ts';
import type { IssuerOptions } from './options.ts';

export const OPTION_NAMES: readonly (keyof IssuerOptions)[] = [
  'issuer',
  'accounts',
  'signingKeys',
  'peppers',
  'dltRegistry',
  'sendSms',
  'routes',
  'smsTimeoutMs',
  'outbox',
  'store',
  'replayStore',
  'ledger',
  'ledgerWrites',
  'digestKey',
  'basePath',
  'timestampWindowSeconds',
  'environment',
  'trustedProxies',
  'limits',
  'quotas',
  'sendsPerMobileAndDay',
  'refusalTakesMs',
  'conversionGuard',
  'accountConversionGuard',
  'clock',
  'onEvent',
  'onRequest',
  'onMeasured',
  'onDelivery',
  'onFault',
  'onCheckpoint',
];
const STORE_VERBS = [
  'reserveSend',
  'commitSend',
  'cancelSend',
  'countAttempt',
  'consume',
  'release',
  'usage',
] as const satisfies readonly StoreVerb[];

const OUTBOX_VERBS = [
  'enqueue',
  'begin',
  'settle',
  'withdraw',
  'markAnswered',
  'receive',
  'find',
  'beat',
  'leave',
  'heldBy',
  'takeOver',
] as const satisfies readonly (keyof Outbox)[];

/** Refuses what can be refused of each option by itself. */
export function checkOptions(settings: Settings): void {
  requireText('issuer', settings.issuer, 'the URL of this service, such as https://otp.example.in');
  requireFunctions(settings);
  requireRanges(settings);
}

function requireRanges(settings: Settings): void {
  requirePath(settings.basePath);
  requireWhole('timestampWindowSeconds', settings.timestampWindowSeconds, 1, 3600);
  requireWhole('trustedProxies', settings.trustedProxies, 0, 10);
  requireWhole('sendsPerMobileAndDay', settings.sendsPerMobileAndDay, 1, 10_000);
  requireWhole('smsTimeoutMs', settings.smsTimeoutMs, 1, 30_000);
  requireWhole('refusalTakesMs', settings.refusalTakesMs, 0, 1000);
  requireLedgerWrites(settings);
  const environment: unknown = settings.environment;
  if (environment === 'production' || environment === 'sandbox') return;
  throw misconfigured('environment must be production or sandbox.');
}

function requireLedgerWrites({ ledgerWrites, ledger, digestKey }: Settings): void {
  if (ledgerWrites !== 'before-answer' && ledgerWrites !== 'behind-answer') {
    throw misconfigured('ledgerWrites must be before-answer or behind-answer.');
  }
  if (ledgerWrites === 'before-answer' && ledger === undefined) {
    throw misconfigured('ledgerWrites is before-answer, and there is no ledger. Set ledger, as by openFileLedger().');
  }
  if (digestKey !== undefined && !isSecret(digestKey)) {
    throw misconfigured(`digestKey must hold at least ${SHORTEST_SECRET_BYTES} random bytes (Buffer or Uint8Array).`);
  }
}

function requireFunctions(settings: Settings): void {
  const { store, outbox, clock, onFault, onEvent, onRequest, onMeasured, onDelivery, onCheckpoint } = settings;
  const { replayStore, ledger } = settings;
  const hooks = { clock, onFault, onEvent, onRequest, onMeasured, onDelivery, onCheckpoint };
  for (const [name, value] of Object.entries(hooks)) {
    if (value !== undefined) requireFunction(name, value, 'a function, or leave it out');
  }
  for (const verb of STORE_VERBS) {
    requireFunction(`store.${verb}`, store[verb], 'a function. Use memoryOtpStore() or redisOtpStore(connection)');
  }
  for (const verb of OUTBOX_VERBS) {
    requireFunction(`outbox.${verb}`, outbox[verb], 'a function. Use memoryOutbox() or redisOutbox(connection)');
  }
  requireReplayStore(replayStore);
  requireMethod('ledger', ledger, 'append', 'a function. Use openFileLedger()');
  if (onCheckpoint !== undefined && ledger?.head === undefined) {
    throw misconfigured('onCheckpoint needs a ledger with the method head. Use openFileLedger() or postgresLedger().');
  }
}

function requireReplayStore(replayStore: ReplayStore | undefined): void {
  requireMethod('replayStore', replayStore, 'consume', 'a function');
  if (replayStore?.consumption === 'within-transaction') {
    throw misconfigured(
      'replayStore only looks whether an id is free: the issuer has no transaction to consume it in. ' +
        "Give a store with consumption 'before-handler'; it may share the tables of the guards' store.",
    );
  }
}

/** Of something that may be left out. */
function requireMethod(name: string, value: object | undefined, method: string, remedy: string): void {
  if (value !== undefined) requireFunction(`${name}.${method}`, Reflect.get(value, method), remedy);
}

function requirePath(basePath: unknown): void {
  const isPath = typeof basePath === 'string' && /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(basePath);
  if (!isPath) throw misconfigured(`basePath must begin with a slash and end without one, like ${DEFAULT_BASE_PATH}.`);
}
