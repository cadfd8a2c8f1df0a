import { setTimeout as pause } from 'node:timers/promises';
import { createDelivery, type Delivery } from '../delivery/delivery.ts';
import { handOver } from '../delivery/hand-over.ts';
import type { IssuerFault, Ports, SendCode, Timer, TokenRegister, Tokens } from '../domain/ports.ts';
import { createPseudonyms, type Pseudonyms } from '../domain/pseudonyms.ts';
import { compose } from '../dlt/compose.ts';
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
  readonly pseudonyms: Pseudonyms;
  readonly delivery: Delivery;
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
  const { store, ledger, ...parts } = partsOf(given, reportFault);
  const options = { ...given, store, ...(ledger && { ledger }) };
  const emit = eventSink(options, reportFault);
  let inForce = given.inForce;
  const keys = (): InForce['signingKeys'] => inForce.signingKeys;
  const tokens: Tokens = {
    sign: (claims, at) => signToken(claims, { issuer, keys: keys(), now: at }),
    idOf: idOfOwnToken,
    read: async (token, audience, at) => readToken(token, { issuer, audience, keys: keys(), now: at }),
  };
  const peppers = (): readonly Uint8Array[] => peppersAt(inForce.peppers, clock());
  const { routes, outbox, smsTimeoutMs, failuresToOpen, onDelivery = () => {} } = options;
  const delivery = createDelivery({
    routes,
    outbox,
    store,
    smsTimeoutMs,
    failuresToOpen,
    clock,
    peppers,
    reportFault,
    handOver: parts.handOver,
    emit: (event) => void emit(event),
    observe: harmless(onDelivery, reportFault),
  });
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
    pseudonyms,
    delivery,
    canConsume: replayStore !== undefined,
    portsFor: (source) => ({
      store,
      composeSms: (message) => compose(inForce.texts.get(message.account) ?? [], message),
      sendCode: codeSender(source, delivery),
      tokens,
      register,
      peppers: peppers(),
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
function partsOf({ store, ledger, onMeasured }: ResolvedOptions, reportFault: Runtime['reportFault']): Parts {
  const parts: Parts = { store, handOver, ledger };
  return onMeasured ? measured(parts, harmless(onMeasured, reportFault), TIMER.now) : parts;
}

/** Has an SMS delivered; its events go on saying who asked. */
function codeSender({ tid, account, requestId, address }: RequestSource, delivery: Delivery): SendCode {
  return async (message, { reservation, about }) =>
    delivery.deliver({
      message,
      reservation,
      about: { ...about, tid, account, requestId, ...(address !== undefined && { address }) },
    });
}
