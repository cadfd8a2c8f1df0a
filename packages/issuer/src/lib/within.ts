/** Ends as `work` does or, after `timeoutMs`, with what `late` returns or throws. What comes of `work` later is ignored. */
export async function within<Result>(work: Promise<Result>, timeoutMs: number, late: () => Result): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Result>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
