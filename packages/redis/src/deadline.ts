/**
 * The work's result, if it comes in time. Work that is late goes on: what it does or throws later is nobody's.
 *
 * @throws what the work throws, or an `Error` after so many milliseconds
 */
export async function withinDeadline<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
