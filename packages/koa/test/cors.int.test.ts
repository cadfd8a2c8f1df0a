import { describeCors } from '@verified-mobile/test-support/cors';
import { createPayoutService } from './fixtures/cors-service.ts';

describeCors('Koa', (origin, options) => {
  const listener = createPayoutService(origin, options).callback();
  return (req, res) => void listener(req, res);
});
