import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { createIssuer, type Issuer } from '../create-issuer.ts';
import { IssuerError } from '../lib/errors.ts';
import { createMetrics, type IssuerMetrics } from '../metrics.ts';
import { type RunningServer, serve } from '../node.ts';
import { readReloadable, readSettings, type Settings, type Variables } from './environment.ts';
import { createLog, type IssuerLog } from './logger.ts';
import { loadSmsTransport, openLedger, openStore } from './open-dependencies.ts';
import { openReplayStore } from './open-replay-store.ts';

/** After the drain. */
const LONGEST_SHUTDOWN_MS = 10_000;

/** Serves until SIGTERM or SIGINT, then drains, and finishes the requests under way. SIGHUP reads accounts, keys and peppers again. */
export async function runServe(variables: Variables): Promise<number> {
  const settings = readSettings(variables, hostname());
  const log = createLog(settings.logLevel, settings.node);
  const metrics = createMetrics();
  const [store, ledger] = [await openStore(settings, log), await openLedger(settings, log)];
  const replayStore = await openReplayStore(settings, log);
  const issuer = createIssuer({
    issuer: settings.url,
    ...readReloadable(variables),
    sendSms: await loadSmsTransport(settings),
    store: store.value,
    ...(replayStore && { replayStore: replayStore.value }),
    ...(ledger.value && { ledger: ledger.value, onCheckpoint: log.onCheckpoint }),
    ...(settings.basePath !== undefined && { basePath: settings.basePath }),
    environment: settings.environment,
    trustedProxies: settings.trustedProxies,
    ...observers(log, metrics),
  });
  await issuer.ready();
  const servers = await listen(issuer, metrics, settings, log);
  reloadOnHangup(issuer, variables, log);
  const signal = await shutdownSignal();
  log.logger.info({ signal }, 'shutting down');
  issuer.drain();
  for (const server of servers) server.drain();
  await pause(settings.drainSeconds * 1000);
  // What hangs must not keep the process: its supervisor would kill it in the middle of a write.
  setTimeout(() => process.exit(1), LONGEST_SHUTDOWN_MS).unref();
  await Promise.all(servers.map(async (server) => server.close()));
  await issuer.close();
  await Promise.all([store.close(), ledger.close(), replayStore?.close()]);
  return 0;
}

function observers(
  log: IssuerLog,
  metrics: IssuerMetrics,
): Pick<Parameters<typeof createIssuer>[0], 'onEvent' | 'onRequest' | 'onFault'> {
  return {
    onEvent(event) {
      log.onEvent(event);
      metrics.onEvent(event);
    },
    onRequest(request) {
      log.onRequest(request);
      metrics.onRequest(request);
    },
    onFault: log.onFault,
  };
}

async function listen(
  issuer: Issuer,
  metrics: IssuerMetrics,
  { port, hostname: host, metricsPort }: Settings,
  { logger }: IssuerLog,
): Promise<RunningServer[]> {
  const place = { port, portSetting: 'ISSUER_PORT', ...(host !== undefined && { hostname: host }) };
  const servers = [await serve(issuer.fetch, place)];
  logger.info({ url: servers[0]?.url }, 'serving');
  if (metricsPort === undefined) return servers;
  // Only on this machine: counts by account are not for the public.
  const local = { port: metricsPort, hostname: '127.0.0.1', portSetting: 'ISSUER_METRICS_PORT' };
  servers.push(
    await serve(() => new Response(metrics.text(), { headers: { 'content-type': metrics.contentType } }), local),
  );
  logger.info({ url: `${servers[1]?.url}/metrics` }, 'metrics');
  return servers;
}

function reloadOnHangup(issuer: Issuer, variables: Variables, { logger }: IssuerLog): void {
  process.on('SIGHUP', () => {
    try {
      const reloaded = readReloadable(variables);
      issuer.reload(reloaded);
      logger.info({ accounts: reloaded.accounts.length, keys: reloaded.signingKeys.length }, 'reloaded');
    } catch (error) {
      const message = error instanceof IssuerError ? error.message : 'unknown error';
      logger.error(`not reloaded, all stays as it was: ${message}`);
    }
  });
}

async function shutdownSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
