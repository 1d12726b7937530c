import { RotatedCredentialsError } from './problems';

/** Work that has to end in time. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** What does not answer, if it takes too long. */
  waitsFor: string;
}

/** Ends the work when it takes too long, even if the work ignores the signal. */
export const within = async <T>(
  ms: number,
  waitsFor: string,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> => {
  const controller = new AbortController();
  const attempt: Attempt = { signal: controller.signal, waitsFor };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new RotatedCredentialsError(
          'not-readable',
          `${attempt.waitsFor} did not answer within ${ms / 1000} seconds.`,
        ),
      );
      controller.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(attempt), tooLate]);
  } finally {
    clearTimeout(timer);
  }
};
