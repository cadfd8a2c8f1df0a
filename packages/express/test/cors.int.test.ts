import { describeCors } from '@verified-mobile/test-support/cors';
import { createPayoutService } from './fixtures/cors-service.ts';

describeCors('Express', createPayoutService);
