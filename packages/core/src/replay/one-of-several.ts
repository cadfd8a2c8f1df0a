import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';

type Environment = Readonly<Record<string, string | undefined>>;

/** Platforms that start as many instances as there are requests, whatever the environment is called. */
const FUNCTION_PLATFORMS: Readonly<Record<string, string>> = {
  AWS_LAMBDA_FUNCTION_NAME: 'AWS Lambda',
  K_SERVICE: 'Cloud Run',
  VERCEL: 'Vercel',
};

/**
 * What shows that other processes or threads serve the same tokens as this one, in words that follow "this process is".
 * A sign is no proof, and without one there may still be others: on virtual machines behind a balancer there is none.
 */
export function signOfOthers(environment: Environment): string | undefined {
  if (cluster.isWorker) return 'a cluster worker';
  if (!isMainThread) return 'a worker thread';
  if (isOneOfSeveralUnderPm2(environment)) return 'one of several instances under pm2';
  const { NODE_ENV: name } = environment;
  const platform = Object.keys(FUNCTION_PLATFORMS).find((variable) => environment[variable]);
  if (platform !== undefined && name !== 'development' && name !== 'test') {
    return `an instance on ${FUNCTION_PLATFORMS[platform]}`;
  }
  if (environment['KUBERNETES_SERVICE_HOST'] && name === 'production') return 'a pod of Kubernetes';
  return undefined;
}

/** pm2 numbers its instances and puts the settings of the application into their environment (seen in pm2 7). */
function isOneOfSeveralUnderPm2({ NODE_APP_INSTANCE, exec_mode, instances }: Environment): boolean {
  if (!NODE_APP_INSTANCE) return false;
  return !(NODE_APP_INSTANCE === '0' && exec_mode === 'fork_mode' && instances === '1');
}
