import { describeCors } from '@verified-mobile/test-support/cors';
import { createPayoutService } from './fixtures/cors-service.ts';
import { listenerOf } from './nest-service.ts';

describeCors('Nest', async (origin, options) => listenerOf(await createPayoutService(origin, options)));
