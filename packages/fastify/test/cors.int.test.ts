import { describeCors } from '@verified-mobile/test-support/cors';
import { createPayoutService } from './fixtures/cors-service.ts';

describeCors('Fastify', async (origin, options) => {
  const app = await createPayoutService(origin, options);
  await app.ready();
  return (req, res) => app.routing(req, res);
});
