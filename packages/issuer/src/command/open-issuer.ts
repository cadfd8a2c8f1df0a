import { createIssuer, type Issuer } from '../create-issuer.ts';
import type { IssuerOptions } from '../setup/options.ts';
import type { Settings } from './environment.ts';
import { namingSetting, readReloadable } from './issuer-settings.ts';
import { openLedger, openStorage, type Watch } from './open-dependencies.ts';
import { openReplayStore } from './open-replay-store.ts';
import { idleRoutes, openRoutes } from './open-routes.ts';
import type { Part } from './part.ts';
import { withInbox } from './sandbox-inbox.ts';
import type { Variables } from '../lib/read-setting.ts';

export interface OpenIssuer {
  readonly settings: Settings;
  readonly variables: Variables;
  readonly watch: Watch;
  readonly observers?: Pick<IssuerOptions, 'onEvent' | 'onRequest' | 'onMeasured' | 'onFault'>;
  readonly onCheckpoint?: (checkpoint: string) => void;
  /** Names a ledger chain beside the service's, for a process of its own. */
  readonly chain?: string;
}

/** The issuer as the settings have it, with its parts, whose servers are waited for. */
export async function openIssuer(opening: OpenIssuer): Promise<Part<Issuer>> {
  const { settings, variables, watch, observers, onCheckpoint, chain } = opening;
  try {
    // First what is wrong for good, then what may be away for a while.
    const reloadable = readReloadable(variables);
    const { routes, inbox } = await openRoutes(settings.smsRoutes, { variables, ...watch });
    const [storage, ledger] = [await openStorage(settings, watch), await openLedger(settings, watch, chain)];
    const replayStore = await openReplayStore(settings, watch);
    const issuer = createIssuer({
      ...settings.options,
      ...reloadable,
      // An operator's process must neither bind to providers nor go on with the SMS of nodes that are gone.
      ...(chain === undefined ? { routes, outbox: storage.value.outbox } : { routes: idleRoutes(routes) }),
      store: storage.value.store,
      ...(replayStore && { replayStore: replayStore.value }),
      ...(ledger.value && { ledger: ledger.value, ...(onCheckpoint && { onCheckpoint }) }),
      ...observers,
    });
    const close = async (): Promise<void> => {
      await issuer.close();
      await Promise.all([storage.close(), ledger.close(), replayStore?.close()]);
    };
    return { value: withInbox(issuer, inbox), close };
  } catch (error) {
    throw namingSetting(error);
  }
}
