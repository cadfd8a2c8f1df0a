import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Issuer } from '../create-issuer.ts';
import { IssuerError } from '../lib/errors.ts';
import { createMetrics, type IssuerMetrics } from '../metrics.ts';
import { type FetchHandler, type RunningServer, serve } from '../node.ts';
import type { IssuerOptions } from '../setup/options.ts';
import { readSettings, type Settings } from './environment.ts';
import { createFrontDoor } from './front-door.ts';
import { namingSetting, readReloadable } from './issuer-settings.ts';
import { createLog, type IssuerLog } from './logger.ts';
import { openIssuer } from './open-issuer.ts';
import type { Part } from './part.ts';
import type { Variables } from '../lib/read-setting.ts';
import { summaryOf } from './summary.ts';

/** After the drain. */
const LONGEST_SHUTDOWN_MS = 10_000;

/**
 * Serves until SIGTERM or SIGINT, then drains, and finishes the requests under way. SIGHUP reads accounts, keys, peppers
 * and the DLT registry again. While it waits for a server at its start, `/health` answers already.
 */
export async function runServe(variables: Variables): Promise<number> {
  const settings = readSettings(variables, hostname());
  const log = createLog(settings.logLevel, settings.node, Date.now);
  const metrics = settings.metrics && createMetrics({ processMetrics: true });
  const observers = observersOf(log, metrics);
  const summary = summaryOf(settings, readReloadable(variables), Date.now());
  log.logger.info(summary, 'starting');
  const door = createFrontDoor();
  const servers = await listen(door.fetch, metrics, settings);
  const stopped = shutdownSignal();
  const watch = { onFault: observers.onFault, onAway: log.onAway, onNotice: log.onNotice };
  const opening = openIssuer({ settings, variables, watch, observers, onCheckpoint: log.onCheckpoint }).then(readyOne);
  const opened = await Promise.race([opening, stopped.then(() => undefined)]);
  // Nothing was taken yet, and what is waited for would keep the process.
  if (opened === undefined) return process.exit(0);
  const issuer = opened.value;
  door.open(issuer.fetch);
  for (const [index, { url }] of servers.entries()) {
    log.logger.info({ url: index === 0 ? url : `${url}/metrics` }, index === 0 ? 'serving' : 'metrics');
  }
  reloadOnHangup(issuer, variables, log);
  const signal = await stopped;
  log.logger.info({ signal }, 'shutting down');
  issuer.drain();
  for (const server of servers) server.drain();
  await pause(settings.drainSeconds * 1000);
  // What hangs must not keep the process: its supervisor would kill it in the middle of a write.
  setTimeout(() => process.exit(1), LONGEST_SHUTDOWN_MS).unref();
  await Promise.all(servers.map(async (server) => server.close()));
  await opened.close();
  return 0;
}

async function readyOne(opened: Part<Issuer>): Promise<Part<Issuer>> {
  await opened.value.ready();
  return opened;
}

function observersOf(
  log: IssuerLog,
  metrics: IssuerMetrics | undefined,
): Pick<IssuerOptions, 'onEvent' | 'onRequest' | 'onMeasured' | 'onDelivery'> & Pick<IssuerLog, 'onFault'> {
  return {
    onEvent(event) {
      log.onEvent(event);
      metrics?.onEvent(event);
    },
    onRequest(request) {
      log.onRequest(request);
      metrics?.onRequest(request);
    },
    ...(metrics && { onMeasured: metrics.onMeasured }),
    onDelivery(observation) {
      log.onDelivery(observation);
      metrics?.onDelivery(observation);
    },
    onFault(fault) {
      log.onFault(fault);
      metrics?.onFault(fault);
    },
  };
}

async function listen(
  fetch: FetchHandler,
  metrics: IssuerMetrics | undefined,
  { port, hostname: host, metrics: metricsPlace }: Settings,
): Promise<RunningServer[]> {
  const names = { portSetting: 'ISSUER_PORT', hostnameSetting: 'ISSUER_HOST' };
  const servers = [await serve(fetch, { port, ...names, ...(host !== undefined && { hostname: host }) })];
  if (metrics === undefined || metricsPlace === undefined) return servers;
  const metricsNames = { portSetting: 'ISSUER_METRICS_PORT', hostnameSetting: 'ISSUER_METRICS_HOST' };
  const headers = { 'content-type': metrics.contentType };
  const show = async (): Promise<Response> => new Response(await metrics.text(), { headers });
  return [...servers, await serve(show, { ...metricsPlace, ...metricsNames })];
}

function reloadOnHangup(issuer: Issuer, variables: Variables, { logger }: IssuerLog): void {
  process.on('SIGHUP', () => {
    try {
      const reloaded = readReloadable(variables);
      issuer.reload(reloaded);
      const { accounts, signingKeys, dltRegistry } = reloaded;
      const registered = dltRegistry && { registered: dltRegistry.accounts.size };
      logger.info({ accounts: accounts.length, keys: signingKeys.length, ...registered }, 'reloaded');
    } catch (error) {
      const named = namingSetting(error);
      const message = named instanceof IssuerError ? named.message : 'unknown error';
      logger.error(`not reloaded, all stays as it was: ${message}`);
    }
  });
}

async function shutdownSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
