import type { Ports } from '../domain/ports.ts';
import { misconfigured, refuseUnknownNames } from '../errors.ts';
import { memoryChallengeStore } from '../store/memory-challenge-store.ts';
import { type LoadedSigningKey, loadSigningKeys } from '../tokens/signing-keys.ts';
import { createTokenMint } from '../tokens/token-mint.ts';
import { type Account, resolveAccounts } from './accounts.ts';
import { defaultFaultReporter, neverThrowing } from './fault-reporter.ts';
import type { IssuerOptions } from './options.ts';

export const DEFAULT_BASE_PATH = '/ekoapi/v3';
const SHORTEST_PEPPER_BYTES = 32;
const OPTION_NAMES: readonly (keyof IssuerOptions)[] = [
  'issuer',
  'accounts',
  'signingKeys',
  'pepper',
  'sendSms',
  'challengeStore',
  'basePath',
  'timestampWindowSeconds',
  'now',
  'onFault',
];

/** The options after every check and default. */
export interface ResolvedIssuer {
  basePath: string;
  timestampWindowMs: number;
  /** By developer key. */
  accounts: ReadonlyMap<string, Account>;
  signingKeys: readonly LoadedSigningKey[];
  ports: Ports;
}

export function resolveOptions(options: IssuerOptions): ResolvedIssuer {
  if (typeof options !== 'object' || options === null) {
    throw misconfigured('createIssuer takes an object of options.');
  }
  refuseUnknownNames('createIssuer', options, OPTION_NAMES);
  const { challengeStore = memoryChallengeStore(), now = Date.now, onFault = defaultFaultReporter } = options;
  requireText('issuer', options.issuer, 'the URL of this service, such as https://otp.example.in');
  requireFunction('sendSms', options.sendSms, 'a function that hands over one SMS: async ({ to, text }) => { … }');
  requireFunction('now', now, 'a function giving milliseconds since the epoch, or leave it out');
  requireFunction('onFault', onFault, 'a function, or leave it out');
  for (const verb of ['replace', 'countAttempt', 'consume'] as const) {
    requireFunction(`challengeStore.${verb}`, challengeStore[verb], 'a function. Use memoryChallengeStore()');
  }
  const signingKeys = loadSigningKeys(options.signingKeys);
  return {
    basePath: checkedBasePath(options.basePath ?? DEFAULT_BASE_PATH),
    timestampWindowMs: checkedWindowSeconds(options.timestampWindowSeconds ?? 300) * 1000,
    accounts: resolveAccounts(options.accounts),
    signingKeys,
    ports: {
      challengeStore,
      sendSms: options.sendSms,
      tokens: createTokenMint({ issuer: options.issuer, keys: signingKeys }),
      pepper: checkedPepper(options.pepper),
      now,
      reportFault: neverThrowing(onFault),
    },
  };
}

export function requireText(name: string, value: unknown, remedy: string): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  throw misconfigured(`${name} must be ${remedy}.`);
}

function requireFunction(name: string, value: unknown, remedy: string): void {
  if (typeof value !== 'function') throw misconfigured(`${name} must be ${remedy}.`);
}

function checkedBasePath(basePath: unknown): string {
  const isPath = typeof basePath === 'string' && /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(basePath);
  if (!isPath) throw misconfigured(`basePath must begin with a slash and end without one, like ${DEFAULT_BASE_PATH}.`);
  return basePath;
}

function checkedWindowSeconds(seconds: unknown): number {
  if (typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= 3600) return seconds;
  throw misconfigured('timestampWindowSeconds must be a whole number from 1 to 3600. Leave it out for 300.');
}

function checkedPepper(pepper: unknown): Uint8Array {
  if (pepper instanceof Uint8Array && pepper.byteLength >= SHORTEST_PEPPER_BYTES) return Uint8Array.from(pepper);
  throw misconfigured(
    `pepper must be at least ${SHORTEST_PEPPER_BYTES} random bytes (a Buffer or Uint8Array). Make one with ` +
      'randomBytes(32) of node:crypto and keep it apart from the store.',
  );
}
