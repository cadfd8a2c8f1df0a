import { once } from 'node:events';
import { buildApp, installApp, startApp } from './next-app.ts';
import { addRoute, walk } from './walk.ts';

try {
  const isWalk = process.argv.includes('--once');
  const folder = await installApp();
  if (isWalk) await addRoute(folder);
  await buildApp(folder);
  if (isWalk) {
    await walk(folder);
  } else {
    const server = startApp(folder, { PORT: process.env['PORT'] ?? '4010' });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.kill(signal));
    const [code] = (await once(server, 'exit')) as [number | null];
    process.exitCode = code ?? 0;
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
