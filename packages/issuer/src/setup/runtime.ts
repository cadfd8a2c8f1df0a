import { setTimeout as pause } from 'node:timers/promises';
import type { IssuerFault, Ports, Timer, TokenRegister, Tokens } from '../domain/ports.ts';
import { createPseudonyms } from '../domain/pseudonyms.ts';
import { codeSender } from '../sms/hand-over.ts';
import { idOfOwnToken, readToken } from '../tokens/read-token.ts';
import { signToken } from '../tokens/sign-token.ts';
import { createTokenRegister } from '../tokens/token-register.ts';
import { neverThrowing } from './fault-reporter.ts';
import type { Reloadable } from './options.ts';
import { type EmitEvent, eventSink, recorders, type RequestSource } from './recording.ts';
import { type InForce, type ResolvedOptions, resolveReloadable } from './resolve-options.ts';

/** What the routes work with. */
export interface Runtime {
  readonly options: ResolvedOptions;
  /** Accounts, keys and peppers of this moment. */
  readonly inForce: () => InForce;
  readonly reload: (changes: Partial<Reloadable>) => void;
  readonly reportFault: (fault: IssuerFault) => void;
  readonly emit: EmitEvent;
  /** Whether tokens can be consumed here. */
  readonly canConsume: boolean;
  /** The ports of one request: its events say who asked. */
  readonly portsFor: (source: RequestSource) => Ports;
}

const TIMER: Timer = { now: () => performance.now(), pause };

const NO_REGISTER: TokenRegister = { consume: async () => ({ outcome: 'unavailable' }) };

export function createRuntime(options: ResolvedOptions): Runtime {
  const { issuer, store, sendSms, smsTimeoutMs, clock, replayStore, refusalTakesMs } = options;
  let inForce = options.inForce;
  const keys = (): InForce['signingKeys'] => inForce.signingKeys;
  const sendCode = codeSender(sendSms, smsTimeoutMs);
  const reportFault = neverThrowing(options.onFault);
  const emit = eventSink(options, reportFault);
  const tokens: Tokens = {
    sign: (claims, at) => signToken(claims, { issuer, keys: keys(), now: at }),
    idOf: idOfOwnToken,
    read: async (token, audience, at) => readToken(token, { issuer, audience, keys: keys(), now: at }),
  };
  const pseudonyms = createPseudonyms(options.digestKey);
  const register = replayStore ? createTokenRegister({ issuer, keys, replayStore, clock }) : NO_REGISTER;
  return {
    options,
    inForce: () => inForce,
    reload(changes) {
      inForce = { ...inForce, ...resolveReloadable(changes, options) };
    },
    reportFault,
    emit,
    canConsume: replayStore !== undefined,
    portsFor: (source) => ({
      store,
      sendCode,
      tokens,
      register,
      peppers: inForce.peppers,
      refusalTakesMs,
      timer: TIMER,
      clock,
      reportFault,
      pseudonyms,
      ...recorders(source, options, emit),
    }),
  };
}
