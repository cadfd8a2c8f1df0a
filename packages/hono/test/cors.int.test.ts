import { getRequestListener } from '@hono/node-server';
import { describeCors } from '@verified-mobile/test-support/cors';
import { createPayoutService } from './fixtures/cors-service.ts';

describeCors('Hono', (origin, options) => {
  const listener = getRequestListener(createPayoutService(origin, options).fetch, { overrideGlobalObjects: false });
  return (req, res) => void listener(req, res);
});
