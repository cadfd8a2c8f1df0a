import { describeGuardAdapter } from '@verified-mobile/core/testing';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/express';
import express, { type Request, type Response } from 'express';
import { describe, it } from 'vitest';
import { supertestService } from '../../../.config/testing/supertest-service.ts';

describeGuardAdapter<Request>(
  { describe, it },
  {
    name: 'Express 5',
    headerOf: (req, name) => req.get(name),
    createService: (options, handle) => {
      const app = express();
      const answer = (req: Request, res: Response): void =>
        void res.status(201).json(handle(() => getVerifiedMobile(req)));
      app.set('env', 'test');
      app.use(express.json());
      app.use('/payouts', requireVerifiedMobile(options));
      app.post(['/payouts', '/unguarded'], answer);
      app.get('/payouts', (_req, res) => void res.json([]));
      app.options('/payouts', (_req, res) => void res.status(204).end());
      return supertestService(app);
    },
  },
);
