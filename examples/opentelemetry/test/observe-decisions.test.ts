import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { createGuard } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { expect, it } from 'vitest';
import { observeDecisions } from '../src/observe-decisions.ts';

it('counts passes and refusals by their reason, and tells nothing of the customer', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  metrics.setGlobalMeterProvider(provider);
  const stop = observeDecisions();

  const issuer = createTestIssuer();
  const guard = createGuard({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });
  const token = issuer.mint();
  for (const presented of [token, token, 'no token']) await guard.decide({ request: {}, header: () => presented });
  stop();
  await guard.decide({ request: {}, header: () => issuer.mint() });
  await provider.forceFlush();

  const series = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const counts = series
    .filter(({ descriptor }) => descriptor.name === 'verified_mobile.decisions')
    .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => ({ ...attributes, value })));
  expect(counts).toEqual([
    { outcome: 'passed', value: 1 },
    { outcome: 'refused', code: 'otp_token_used', reason: 'used', value: 1 },
    { outcome: 'refused', code: 'otp_token_invalid', reason: 'shape', value: 1 },
  ]);
  expect(JSON.stringify(series)).not.toMatch(/9002336768|90\*\*|eyJ/);
  await provider.shutdown();
  metrics.disable();
});
