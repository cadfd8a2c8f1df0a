import { createPayoutService } from './payout-service.ts';

try {
  const port = Number(process.env['PORT'] ?? 4009);
  const app = await createPayoutService();
  await app.init();
  await app.listen(port).catch((error: Error) => {
    throw new Error(`Port ${port} is taken. Choose another with PORT. (${error.message})`);
  });
  console.log(`Payouts on NestJS: http://localhost:${port}/payouts`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
