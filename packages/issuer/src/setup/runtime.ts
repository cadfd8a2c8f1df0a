import { setTimeout as pause } from 'node:timers/promises';
import type { IssuerFault, Ports, Timer, TokenRegister, Tokens } from '../domain/ports.ts';
import { createPseudonyms } from '../domain/pseudonyms.ts';
import { compose } from '../dlt/compose.ts';
import { codeSender } from '../sms/hand-over.ts';
import { idOfOwnToken, readToken } from '../tokens/read-token.ts';
import { signToken } from '../tokens/sign-token.ts';
import { createTokenRegister } from '../tokens/token-register.ts';
import { neverThrowing } from './fault-reporter.ts';
import { measured, type Parts } from './measure.ts';
import type { Reloadable } from './options.ts';
import { peppersAt } from './peppers.ts';
import { type EmitEvent, eventSink, harmless, recorders, type RequestSource } from './recording.ts';
import { type InForce, type ResolvedOptions, resolveReloadable } from './resolve-options.ts';

/** What the routes work with. */
export interface Runtime {
  readonly options: ResolvedOptions;
  /** Accounts, keys, peppers and texts of this moment. */
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

export function createRuntime(given: ResolvedOptions): Runtime {
  const { issuer, clock, rules, replayStore, refusalTakesMs } = given;
  const reportFault = neverThrowing(given.onFault);
  const { store, sendCode, ledger } = partsOf(given, reportFault);
  const options = { ...given, store, ...(ledger && { ledger }) };
  const emit = eventSink(options, reportFault);
  let inForce = given.inForce;
  const keys = (): InForce['signingKeys'] => inForce.signingKeys;
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
      inForce = resolveReloadable(changes, rules, inForce);
    },
    reportFault,
    emit,
    canConsume: replayStore !== undefined,
    portsFor: (source) => ({
      store,
      composeSms: (message) => compose(inForce.texts.get(message.account) ?? [], message),
      sendCode,
      tokens,
      register,
      peppers: peppersAt(inForce.peppers, clock()),
      refusalTakesMs,
      timer: TIMER,
      clock,
      reportFault,
      pseudonyms,
      ...recorders(source, options, emit),
    }),
  };
}

/** What the issuer waits for, measured if anybody listens. */
function partsOf(
  { store, sendSms, smsTimeoutMs, ledger, onMeasured }: ResolvedOptions,
  reportFault: Runtime['reportFault'],
): Parts {
  const parts: Parts = { store, sendCode: codeSender(sendSms, smsTimeoutMs), ledger };
  return onMeasured ? measured(parts, harmless(onMeasured, reportFault), TIMER.now) : parts;
}
