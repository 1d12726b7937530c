import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../../command/trouble';
import { Problem } from '../../test/e2e/support/problem';
import { createProgress, type Progress } from '../../test/e2e/support/progress';
import type { Figure, Part, StepRecord } from './record';

/** Who waits sees at least so often that it goes on. */
const HEARTBEAT_MS = 20_000;

/** What a part of a run may say of itself. */
export interface PartLog {
  readonly progress: Progress;
  measure(figure: Figure): void;
  /** Something that is known of the emulator. */
  deviates(text: string): void;
}

/** A problem is for people; anything else is a defect, or an answer of AWS whose stack trace says where it was asked. */
const words = (error: unknown): string => {
  if (error instanceof Problem || error instanceof Trouble) return error.message;
  const { operation } = error as { readonly operation?: string };
  const asked = operation === undefined ? '' : `${operation}: `;
  return asked + (error instanceof Error ? (error.stack ?? error.message) : String(error));
};

/** Says again and again what is under way. */
const withHeartbeat = (progress: Progress): Progress => ({
  note: progress.note,
  step: async (title, work, limitSeconds) => {
    const timer = setInterval(() => progress.note(`still: ${title}`), HEARTBEAT_MS);
    try {
      return await progress.step(title, work, limitSeconds);
    } finally {
      clearInterval(timer);
    }
  },
});

/** Does the parts of a run, and keeps how each went. */
export class Parts {
  readonly #startedMs = Date.now();
  readonly #done: Part[] = [];

  readonly #interrupted: Promise<never>;

  /** What was begun and has not ended yet, whether or not anybody waits for it. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly write: (line: string) => void,
    private readonly interruption: AbortSignal,
  ) {
    this.#interrupted = new Promise((_, reject) => {
      interruption.addEventListener('abort', () => reject(new Problem('It was interrupted.')), {
        once: true,
      });
    });
    // Between two parts nobody waits for it.
    this.#interrupted.catch(() => {});
  }

  /** How the parts went, in the order of their ends. */
  get done(): readonly Part[] {
    return this.#done;
  }

  #watch<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const end = (): void => void this.#underWay.delete(work);
    work.then(end, end);
    return work;
  }

  #refuseAfterInterruption(): void {
    if (this.interruption.aborted) throw new Problem('It was interrupted.');
  }

  /** No step begins after an interruption, nor is one forgotten that nobody waits for any more. */
  #stoppable({ note, step }: Progress): Progress {
    return {
      note,
      step: async (title, work, limitSeconds) => {
        this.#refuseAfterInterruption();
        return step(title, (signal) => this.#watch(work(signal)), limitSeconds);
      },
    };
  }

  /**
   * Waits until all has ended that was begun, though an interruption, a failure or a limit has ended the waiting for it.
   *
   * @returns whether all has.
   */
  async settled(limitMs: number): Promise<boolean> {
    const patience = new AbortController();
    const limit = sleep(limitMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([Promise.allSettled(this.#underWay), limit]);
    patience.abort();
    return this.#underWay.size === 0;
  }

  /** A part that was not begun. */
  skip(name: Part['name'], problem: string): void {
    this.#done.push({
      name,
      result: 'not run',
      seconds: 0,
      steps: [],
      figures: [],
      deviations: [],
      problem,
    });
  }

  /** Adds what was known only after the end of a part. */
  measure(name: Part['name'], figure: Figure): void {
    const index = this.#done.findIndex((part) => part.name === name);
    const part = this.#done[index];
    if (part !== undefined) this.#done[index] = { ...part, figures: [...part.figures, figure] };
  }

  /**
   * Does a part. Its failure is kept, and the others go on.
   *
   * @param goesOn - It goes on after an interruption: it removes.
   * @returns what it made, or undefined if it failed.
   */
  async attempt<T>(
    name: Part['name'],
    work: (log: PartLog) => Promise<T>,
    goesOn = false,
  ): Promise<T | undefined> {
    const steps: StepRecord[] = [];
    const figures: Figure[] = [];
    const deviations: string[] = [];
    const began = Date.now();
    const plain = withHeartbeat(
      createProgress(name, this.#startedMs, this.write, (title, ok, seconds) => {
        const at = new Date(Date.now() - seconds * 1000).toISOString();
        steps.push({ title, at, ok, seconds });
      }),
    );
    const progress = goesOn ? plain : this.#stoppable(plain);
    const keep = (result: Part['result'], problem?: string): void => {
      const seconds = (Date.now() - began) / 1000;
      // What goes on behind an interruption writes no more into what was kept.
      const kept = { steps: [...steps], figures: [...figures], deviations: [...deviations] };
      this.#done.push({ name, result, seconds, ...kept, problem });
    };
    try {
      const log: PartLog = {
        progress,
        measure: (figure) => void figures.push(figure),
        deviates: (text) => void deviations.push(text),
      };
      if (!goesOn) this.#refuseAfterInterruption();
      const doing = this.#watch(work(log));
      const result = await (goesOn ? doing : Promise.race([doing, this.#interrupted]));
      keep('held');
      return result;
    } catch (error) {
      const problem = words(error);
      const isInterrupted = this.interruption.aborted && !goesOn;
      progress.note(isInterrupted ? problem : `FAILED: ${problem}`);
      keep(isInterrupted ? 'not run' : 'failed', problem);
      return undefined;
    }
  }
}
