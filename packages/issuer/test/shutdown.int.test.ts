import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendBody } from './support/issuer-under-test.ts';
import { CALLS, type Service, startService } from './support/running-command.ts';

let folder: string;
let service: Service | undefined;
const agents: Agent[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'issuer-'))));
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await service?.stop('SIGKILL');
  service = undefined;
  rmSync(folder, { recursive: true, force: true });
});

describe('SIGTERM', () => {
  it('turns /ready to 503 first, while requests on kept connections are answered and these told to close', async () => {
    service = await startService(folder, { more: { ISSUER_DRAIN_SECONDS: '10' } });
    const kept = Array.from({ length: 20 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    agents.push(...kept);
    for (const agent of kept) {
      const { statusCode, headers } = await answer(service, '/health', agent);
      expect([statusCode, headers.connection]).toEqual([200, 'keep-alive']);
    }
    service.signal('SIGTERM');
    await service.says('shutting down');
    await expect.poll(async () => (await fetch(`${service?.url}/ready`)).status).toBe(503);
    const answers = await Promise.all(kept.map(async (agent) => answer(service, '/health', agent)));
    const seen = answers.map(({ statusCode, headers }) => [statusCode, headers.connection]);
    expect(seen).toEqual(kept.map(() => [200, 'close']));
    // Each went over the connection kept for it; a reset would have made the request fail.
    expect(answers.map(({ wasKept }) => wasKept)).toEqual(kept.map(() => true));
  });

  it('also closes the connection of a request that was under way, and ends with 0', async () => {
    service = await startService(folder, { slowSms: true, more: { ISSUER_DRAIN_SECONDS: '1' } });
    const underWay = service.request('POST', CALLS, sendBody());
    await service.says('handing over');
    service.signal('SIGTERM');
    const response = await underWay;
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    expect((await service.exit).code).toBe(0);
  });
});

interface Answer {
  statusCode: number | undefined;
  headers: IncomingMessage['headers'];
  wasKept: boolean;
}

async function answer(running: Service | undefined, path: string, agent: Agent): Promise<Answer> {
  const outgoing = get(`${running?.url}${path}`, { agent });
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  incoming.resume();
  await once(incoming, 'end');
  return { statusCode: incoming.statusCode, headers: incoming.headers, wasKept: outgoing.reusedSocket };
}
