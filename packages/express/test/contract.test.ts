import { describeGuardAdapter } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/express';
import express, { type Request, type Response } from 'express';
import express4 from 'express-previous';
import { describe, it } from 'vitest';
import { supertestService } from '@verified-mobile/test-support/supertest-service';

const versions = { 'Express 5': express, 'Express 4': express4 };

for (const [name, framework] of Object.entries(versions)) {
  describeGuardAdapter<Request>(
    { describe, it },
    {
      name,
      headerOf: (req, header) => req.get(header),
      createService: (options, handle) => {
        const app = framework();
        const answer = (req: Request, res: Response): void =>
          void res.status(201).json(handle(() => getVerifiedMobile(req)));
        app.set('env', 'test');
        app.use(framework.json());
        app.use('/payouts', requireVerifiedMobile(options));
        app.post(['/payouts', '/unguarded'], answer);
        app.get('/payouts', (_req, res) => void res.json([]));
        app.options('/payouts', (_req, res) => void res.status(204).end());
        return supertestService(app);
      },
    },
  );
}
