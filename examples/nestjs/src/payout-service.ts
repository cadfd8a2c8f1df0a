import { randomUUID } from 'node:crypto';
import {
  type ArgumentsHost,
  BadRequestException,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  type INestApplication,
  Module,
  Post,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Proof, RequireVerifiedMobile, VerifiedMobile, VerifiedMobileModule } from '@verified-mobile/nestjs';

@Controller('payouts')
class PayoutsController {
  @RequireVerifiedMobile()
  @Post()
  pay(@VerifiedMobile() { mobile, proofId }: Proof, @Body() body: Record<string, unknown> = {}): object {
    const { amount, currency, account, ifsc } = body;
    return { payoutId: randomUUID(), proofId, mobile, amount, currency, account, ifsc };
  }
}

@Module({ imports: [VerifiedMobileModule.forRoot()], controllers: [PayoutsController] })
class PayoutModule {}

/** Nest's own answer to a body that is not JSON quotes it, and there may be an OTP in it. */
@Catch(BadRequestException)
class BadRequests implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status: (code: number) => { json: (body: object) => void } }>();
    response.status(400).json({ status: 400, title: 'The body cannot be read' });
  }
}

/** A payout service. Each payout takes a mobile verified within the last five minutes, and uses that proof up. */
export async function createPayoutService(): Promise<INestApplication> {
  const app = await NestFactory.create(PayoutModule, { logger: false, abortOnError: false });
  return app.useGlobalFilters(new BadRequests());
}
