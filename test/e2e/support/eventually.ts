import { setTimeout as sleep } from 'node:timers/promises';
/**
 * Asks until there is an answer. It waits for something that an emulator does in its own time, never for a
 * fixed number of seconds.
 *
 * @param what - What is awaited, as in the error.
 * @param ask - Answers undefined as long as there is nothing.
 * @throws Error if there is nothing after `limitSeconds`.
 */
export const eventually = async <T>(
  what: string,
  ask: () => Promise<T | undefined>,
  limitSeconds = 90,
  pollMs = 500,
): Promise<T> => {
  for (const deadline = Date.now() + limitSeconds * 1000; ; await sleep(pollMs)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${limitSeconds} s in vain for ${what}.`);
  }
};
