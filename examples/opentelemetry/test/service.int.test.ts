import { describePayoutService } from '@verified-mobile/test-support/payout-service';

describePayoutService('Express, with decisions as metrics', new URL('../dist/server.js', import.meta.url));
