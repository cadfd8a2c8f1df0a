import { describePayoutService } from '@verified-mobile/test-support/payout-service';

describePayoutService('Hono', new URL('../dist/server.js', import.meta.url));
