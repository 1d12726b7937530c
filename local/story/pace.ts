import type { VirtualClock } from '../../embedded-aws/ground/clock';

const SECOND = 1000;

/** How far time jumps between two turns while executions run as fast as they can. */
const JUMP = 15 * 60 * SECOND;

/** Real time between two steps of the virtual time. */
const TICK = 50;

/** What a step stands for at most: where the machine cannot keep up, time passes more slowly instead. */
const LONGEST_TICK = 2 * TICK;

/** Virtual seconds per real second. `max`: executions are run as fast as they can be; while there is none, one. */
export type Speed = number | 'max';

/** Real time, as far as a {@link Pace} knows it. */
export interface RealTime {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Resolves after as many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** The options of a {@link Pace}. */
export interface PaceOptions {
  readonly clock: VirtualClock;
  readonly speed: Speed;
  /** Whether an execution is running. */
  readonly isBusy: () => boolean;
  readonly realTime: RealTime;
}

/** Lets virtual time pass, and does what comes from outside between its steps: everything has its turn. */
export class Pace {
  readonly #options: PaceOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Lets virtual time pass, with everything that is due in it. */
  advance(ms: number): Promise<void> {
    return this.#next(() => this.#options.clock.advance(ms));
  }

  /**
   * Does something when all that is under way has come to rest. Where time stands still otherwise, a second passes first: the same calls
   * get the same answers, and what a call has started gets on.
   */
  turn<T>(work: () => Promise<T>): Promise<T> {
    const { clock, speed } = this.#options;
    return this.#next(async () => {
      await clock.advance(speed === 0 ? SECOND : 0);
      return work();
    });
  }

  /** Lets time pass until `isOver`. */
  async keep(isOver: () => boolean): Promise<void> {
    const { speed, isBusy, realTime } = this.#options;
    let last = realTime.now();
    while (!isOver()) {
      if (speed === 'max' && isBusy()) {
        await this.advance(JUMP);
      } else {
        await realTime.pause(TICK);
        const passed = Math.min(realTime.now() - last, LONGEST_TICK);
        const factor = speed === 'max' ? 1 : speed;
        if (factor > 0) await this.advance(Math.round(passed * factor));
      }
      last = realTime.now();
    }
    await this.#last;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}
