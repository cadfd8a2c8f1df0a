import { describePayoutService } from '@verified-mobile/test-support/payout-service';

describePayoutService('Express', new URL('../dist/server.js', import.meta.url));
