/** Next awaits this before the first request. The condition keeps what is for Node out of the bundle for the edge. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { untilReady } = await import('./lib/ready');
    await untilReady();
  }
}
