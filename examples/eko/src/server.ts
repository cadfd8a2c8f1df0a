import { createPayoutService } from './payout-service.ts';

try {
  const port = Number(process.env['PORT'] ?? 4006);
  const app = await createPayoutService();
  app.listen(port, (error) => {
    if (error) stop(`Port ${port} is taken. Choose another with PORT. (${error.message})`);
    else console.log(`Payouts that Eko vouches for: http://localhost:${port}/payouts`);
  });
} catch (error) {
  stop((error as Error).message);
}

function stop(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
