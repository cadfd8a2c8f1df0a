import { setTimeout as pause } from 'node:timers/promises';
import type { IssuerEvent } from '../domain/events.ts';
import type { IssuerFault, Ports, Timer, TokenRegister } from '../domain/ports.ts';
import { createTokenMint } from '../tokens/token-mint.ts';
import { createTokenRegister } from '../tokens/token-register.ts';
import { neverThrowing } from './fault-reporter.ts';
import type { Reloadable } from './options.ts';
import { type InForce, type ResolvedOptions, resolveReloadable } from './resolve-options.ts';

/** What the routes work with. */
export interface Runtime {
  options: ResolvedOptions;
  /** Accounts, keys and peppers of this moment. */
  inForce: () => InForce;
  reload: (changes: Partial<Reloadable>) => void;
  reportFault: (fault: IssuerFault) => void;
  emit: (event: IssuerEvent) => void;
  /** Whether tokens can be used up here. */
  canConsume: boolean;
  /** The ports of one request: its events say who asked. */
  portsFor: (requestId: string, account: string) => Ports;
}

const TIMER: Timer = { now: () => performance.now(), pause };

const NO_REGISTER: TokenRegister = { spend: async () => ({ outcome: 'unavailable' }) };

export function createRuntime(options: ResolvedOptions): Runtime {
  const { issuer, store, sendSms, now, limits, replayStore, refusalTakesMs } = options;
  let inForce = options.inForce;
  const keys = (): InForce['signingKeys'] => inForce.signingKeys;
  const reportFault = neverThrowing(options.onFault);
  const emit = eventSink(options, reportFault);
  const tokens = createTokenMint({ issuer, keys });
  const register = replayStore ? createTokenRegister({ issuer, keys, replayStore, now }) : NO_REGISTER;
  return {
    options,
    inForce: () => inForce,
    reload(changes) {
      inForce = { ...inForce, ...resolveReloadable(changes, limits) };
    },
    reportFault,
    emit,
    canConsume: replayStore !== undefined,
    portsFor: (requestId, account) => ({
      store,
      sendSms,
      tokens,
      register,
      peppers: inForce.peppers,
      refusalTakesMs,
      timer: TIMER,
      now,
      reportFault,
      record: (event) => emit({ at: now(), ...event, account, requestId }),
    }),
  };
}

/** Ledger and listeners. Whatever fails there changes no answer. */
function eventSink(
  { ledger, onEvent }: ResolvedOptions,
  reportFault: (fault: IssuerFault) => void,
): (event: IssuerEvent) => void {
  return (event) => {
    ledger?.append(event).catch((error: unknown) => reportFault({ during: 'ledger', error }));
    try {
      onEvent?.(event);
    } catch (error) {
      reportFault({ during: 'event', error });
    }
  };
}
