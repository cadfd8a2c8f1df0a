import { describePayoutService } from '@verified-mobile/test-support/payout-service';

describePayoutService('NestJS', new URL('../dist/server.js', import.meta.url));
