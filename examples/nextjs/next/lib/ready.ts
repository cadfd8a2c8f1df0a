import { POST } from '../app/payouts/route';

/** Resolves when the store can vouch for new tokens and the keys are at hand; a wrong setting ends the process. */
export async function untilReady(): Promise<void> {
  await POST.ready().catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}
