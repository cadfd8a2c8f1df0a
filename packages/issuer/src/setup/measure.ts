import type { Measurement, MeasuredPart } from '../domain/events.ts';
import type { OtpStore, StoreVerb } from '../domain/otp-store.ts';
import type { Ledger } from '../domain/ports.ts';
import type { HandOver } from '../delivery/hand-over.ts';

/** What the issuer waits for. */
export interface Parts {
  readonly store: OtpStore;
  readonly handOver: HandOver;
  readonly ledger: Ledger | undefined;
}

/** The same parts, telling how long each call took. `now` in milliseconds since any instant. */
export function measured({ store, handOver, ledger }: Parts, tell: Tell, now: () => number): Parts {
  const time = stopwatch(tell, now);
  return {
    store: measuredStore(store, time),
    handOver: async (route, ...given) =>
      time(
        async () => handOver(route, ...given),
        ({ outcome }) => ({ part: 'sms', route: route.name, outcome }),
        { part: 'sms', route: route.name, outcome: 'refused' },
      ),
    ledger: ledger && measuredLedger(ledger, time),
  };
}

type Tell = (measurement: Measurement) => void;

/** Runs, and tells the duration with what the result says, or with `failed` if there is none. */
type Time = <Result>(
  run: () => Promise<Result>,
  ended: (result: Result) => MeasuredPart,
  failed: MeasuredPart,
) => Promise<Result>;

function stopwatch(tell: Tell, now: () => number): Time {
  return async (run, ended, failed) => {
    const startedAt = now();
    let part = failed;
    try {
      const result = await run();
      part = ended(result);
      return result;
    } finally {
      tell({ ...part, durationMs: now() - startedAt });
    }
  };
}

function measuredStore(store: OtpStore, time: Time): OtpStore {
  const timed = async <Result>(verb: StoreVerb, run: () => Promise<Result>): Promise<Result> =>
    time(run, () => ({ part: 'store', verb, outcome: 'answered' }), { part: 'store', verb, outcome: 'failed' });
  return {
    reserveSend: async (...given) => timed('reserveSend', async () => store.reserveSend(...given)),
    commitSend: async (...given) => timed('commitSend', async () => store.commitSend(...given)),
    cancelSend: async (...given) => timed('cancelSend', async () => store.cancelSend(...given)),
    countAttempt: async (...given) => timed('countAttempt', async () => store.countAttempt(...given)),
    consume: async (...given) => timed('consume', async () => store.consume(...given)),
    release: async (...given) => timed('release', async () => store.release(...given)),
    usage: async (...given) => timed('usage', async () => store.usage(...given)),
    ready: async () => store.ready?.(),
  };
}

function measuredLedger(ledger: Ledger, time: Time): Ledger {
  const head = ledger.head?.bind(ledger);
  return {
    append: async (event) =>
      time(
        async () => ledger.append(event),
        () => ({ part: 'ledger', outcome: 'written' }),
        { part: 'ledger', outcome: 'failed' },
      ),
    ready: async () => ledger.ready(),
    ...(head && { head }),
    close: async () => ledger.close(),
  };
}
