import { describeError, RotatedCredentialsError } from '../ground/problems';
import { backoff, FORCED_READ_INTERVAL_MS } from '../ground/timing';
import type { AccessKey } from './key-document';

/** What a {@link KeyCache} needs. */
export interface KeyCacheOptions {
  /** Reads the secret. Gets the last good key, if there is one. */
  readonly read: (lastGood: AccessKey | undefined) => Promise<AccessKey>;
  /** Milliseconds after which a key that was read is read again. */
  readonly refreshAfterMs: number;
  /** Called for each failed read. Errors and rejections of it are ignored. */
  readonly onProblem: ((problem: RotatedCredentialsError) => unknown) | undefined;
}

/** A key, and when to ask for it again, in milliseconds since the epoch. */
export interface HeldKey {
  readonly key: AccessKey;
  readonly askAgainAt: number;
}

/**
 * The key that was read last. The cache keeps the last good key if the secret cannot be read, and never reads
 * twice at the same time.
 */
export class KeyCache {
  readonly #options: KeyCacheOptions;
  #held: AccessKey | undefined;
  #askAgainAt = Number.NEGATIVE_INFINITY;
  #problem: RotatedCredentialsError | undefined;
  #failures = 0;
  #reading: Promise<void> | undefined;
  #forcedAt = Number.NEGATIVE_INFINITY;

  constructor(options: KeyCacheOptions) {
    this.#options = options;
  }

  /**
   * The key to sign with. It is read again when it is due.
   *
   * @throws {@link RotatedCredentialsError} if no key was ever read.
   */
  async current(): Promise<HeldKey> {
    if (this.#isDue()) await this.#refresh();
    return this.#answer();
  }

  /**
   * The key to sign with after a service has refused one: read at once, unless another key than the refused
   * one is already at hand. Calls that are refused together cause one read; a key that is really dead causes
   * one read every {@link FORCED_READ_INTERVAL_MS}, however many calls fail with it. A failed read says
   * nothing about the key, so the next one may follow as soon as after any other failure.
   *
   * @param refusedAccessKeyId - Undefined to read whatever key is at hand.
   * @throws {@link RotatedCredentialsError} if no key was ever read.
   */
  async renewed(refusedAccessKeyId: string | undefined): Promise<HeldKey> {
    // A read that began earlier may have missed the publication, so its answer counts only if it is another
    // key.
    await this.#reading;
    if (
      this.#held === undefined ||
      this.#held.accessKeyId === (refusedAccessKeyId ?? this.#held.accessKeyId)
    ) {
      await this.#force();
    }
    return this.#answer();
  }

  /** If the time is further away than it can have been set, the clock has been set back since. */
  #isDue(): boolean {
    const now = Date.now();
    return now >= this.#askAgainAt || this.#askAgainAt - now > this.#options.refreshAfterMs;
  }

  #mayForce(): boolean {
    const passed = Date.now() - this.#forcedAt;
    const isRecent = passed >= 0 && passed < FORCED_READ_INTERVAL_MS;
    return !isRecent || (this.#failures > 0 && this.#isDue());
  }

  #force(): Promise<void> | undefined {
    if (!this.#mayForce()) return this.#reading;
    this.#forcedAt = Date.now();
    return this.#refresh();
  }

  #answer(): HeldKey {
    if (this.#held !== undefined) return { key: this.#held, askAgainAt: this.#askAgainAt };
    const { code, message } =
      this.#problem ?? new RotatedCredentialsError('not-readable', 'The secret has not been read yet.');
    throw new RotatedCredentialsError(code, message);
  }

  #refresh(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Never rejects: errors are kept and reported. */
  async #readOnce(): Promise<void> {
    const { read, refreshAfterMs } = this.#options;
    try {
      this.#held = await read(this.#held);
      this.#problem = undefined;
      this.#failures = 0;
      this.#askAgainAt = Date.now() + refreshAfterMs;
    } catch (error) {
      const problem =
        error instanceof RotatedCredentialsError
          ? error
          : new RotatedCredentialsError(
              'not-readable',
              `The secret could not be read: ${describeError(error)}.`,
            );
      this.#problem = problem;
      this.#failures += 1;
      this.#askAgainAt = Date.now() + backoff(this.#failures, refreshAfterMs);
      this.#report(problem);
    }
  }

  #report(problem: RotatedCredentialsError): void {
    const tell = async () => this.#options.onProblem?.(problem);
    // A listener for problems must not cause one, now or later.
    tell().catch(() => {});
  }
}
