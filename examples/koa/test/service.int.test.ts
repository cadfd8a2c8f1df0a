import { describePayoutService } from '@verified-mobile/test-support/payout-service';

describePayoutService('Koa', new URL('../dist/server.js', import.meta.url));
