import { describePayoutService } from '@verified-mobile/test-support/payout-service';

describePayoutService('Fastify', new URL('../dist/server.js', import.meta.url));
