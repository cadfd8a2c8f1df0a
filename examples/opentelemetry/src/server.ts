import { metrics } from '@opentelemetry/api';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { createPayoutService } from '@verified-mobile/example-express';
import { observeDecisions } from './observe-decisions.ts';

const EXPORT_EVERY_MS = 10_000;

try {
  const exporter = new ConsoleMetricExporter();
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: EXPORT_EVERY_MS });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  observeDecisions();

  const port = Number(process.env['PORT'] ?? 4005);
  const app = await createPayoutService();
  app.listen(port, (error) => {
    if (error) stop(`Port ${port} is taken. Choose another with PORT. (${error.message})`);
    else console.log(`Payouts on Express, decisions as metrics: http://localhost:${port}/payouts`);
  });
} catch (error) {
  stop((error as Error).message);
}

function stop(message: string): void {
  console.error(message);
  process.exit(1);
}
