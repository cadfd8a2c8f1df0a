/** Each line must be refused by the compiler: a line that compiles is an error of this file. */
import { type Proof, RequireVerifiedMobile, VerifiedMobile, VerifiedMobileModule } from '@verified-mobile/nestjs';

// @ts-expect-error a misspelt option
RequireVerifiedMobile({ maxAge: 60 });
// @ts-expect-error one store for all routes
RequireVerifiedMobile({ replayStore: undefined });
// @ts-expect-error the keys are the module's
RequireVerifiedMobile({ issuers: [] });
// @ts-expect-error a misspelt option
VerifiedMobileModule.forRoot({ maxAge: 60 });
// @ts-expect-error no class of options
VerifiedMobileModule.forRootAsync({ useClass: class {} });
// @ts-expect-error a factory must return the options
VerifiedMobileModule.forRootAsync({ useFactory: () => undefined });

class PayoutsController {
  // @ts-expect-error no property is a route
  @RequireVerifiedMobile()
  readonly amount = 0;

  // @ts-expect-error no class is a parameter
  pay(@RequireVerifiedMobile() _proof: Proof): void {}
}
// @ts-expect-error no method is a parameter
VerifiedMobile()(PayoutsController.prototype, 'pay', {});
