import type { Environment } from './service';

/**
 * The moment whose state a read shows. For most reads, AWS promises neither that they show what was written
 * before, nor that a later one shows no older state: so each read has an age of its own, between zero and a
 * lag.
 *
 * @param lag - Maximum age of the state, in milliseconds of virtual time; if it is 0, nothing is drawn.
 */
export const momentOfRead = ({ clock, ids }: Pick<Environment, 'clock' | 'ids'>, lag: number): number =>
  clock.now().getTime() - ids.upTo(lag);

/** A value through time, for reads that show an older one. Values are never changed in place. */
export class History<T> {
  /** Oldest first. */
  readonly #values: { readonly at: number; readonly value: T }[] = [];
  #earlier: T;

  /** @param earlier - The value before the first change. */
  constructor(earlier: T) {
    this.#earlier = earlier;
  }

  /** The present value. */
  get present(): T {
    return (this.#values.at(-1) ?? { value: this.#earlier }).value;
  }

  /** When it last changed; undefined: never. */
  get changedAt(): number | undefined {
    return this.#values.at(-1)?.at;
  }

  /** The value at a moment. */
  at(moment: number): T {
    return (this.#values.findLast(({ at }) => at <= moment) ?? { value: this.#earlier }).value;
  }

  /** Changes it: `at` is not before the last change. */
  change(value: T, at: number): void {
    this.#values.push({ at, value });
  }

  /** From now on, a read of any age shows the present value, or later changes. */
  settle(): void {
    this.#earlier = this.present;
    this.#values.splice(0, this.#values.length - 1);
  }
}
