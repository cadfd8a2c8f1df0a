import { getRequestListener } from '@hono/node-server';
import { describeCors } from '@verified-mobile/test-support/cors';
import { createPayoutService } from './fixtures/cors-service.ts';

describeCors('Hono', (origin, options) => {
  const listener = getRequestListener(createPayoutService(origin, options).fetch);
  return (req, res) => void listener(req, res);
});
