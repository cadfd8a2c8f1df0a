import { serve } from '@hono/node-server';
import { createPayoutService } from './payout-service.ts';

try {
  const port = Number(process.env['PORT'] ?? 4004);
  const app = await createPayoutService();
  const server = serve({ fetch: app.fetch, port }, () => {
    console.log(`Payouts on Hono: http://localhost:${port}/payouts`);
  });
  server.on('error', (error) => stop(`Port ${port} is taken. Choose another with PORT. (${error.message})`));
} catch (error) {
  stop((error as Error).message);
}

function stop(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
