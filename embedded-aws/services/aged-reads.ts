import type { Environment } from './service';

/**
 * The moment of which a read shows the state. AWS promises of most reads neither that they show what was written
 * before them, nor that a later one shows no older state: so each read is of an age of its own, between none and a lag.
 *
 * @param lag - how old the state is at most, in milliseconds of virtual time; nothing is drawn where it is 0
 */
export const momentOfRead = ({ clock, ids }: Pick<Environment, 'clock' | 'ids'>, lag: number): number =>
  clock.now().getTime() - ids.upTo(lag);

/** A value through time, for reads that show an older one. Values are never changed in place. */
export class History<T> {
  /** Oldest first. */
  readonly #values: { readonly at: number; readonly value: T }[] = [];
  #earlier: T;

  /** @param earlier - what there was before the first change */
  constructor(earlier: T) {
    this.#earlier = earlier;
  }

  /** The value as it is. */
  get present(): T {
    return (this.#values.at(-1) ?? { value: this.#earlier }).value;
  }

  /** When it last changed; undefined: never. */
  get changedAt(): number | undefined {
    return this.#values.at(-1)?.at;
  }

  /** The value as it was. */
  at(moment: number): T {
    return (this.#values.findLast(({ at }) => at <= moment) ?? { value: this.#earlier }).value;
  }

  /** Changes it: `at` is not before the last change. */
  change(value: T, at: number): void {
    this.#values.push({ at, value });
  }

  /** However old a read is, from now on it shows what there is now, or later changes. */
  settle(): void {
    this.#earlier = this.present;
    this.#values.splice(0, this.#values.length - 1);
  }
}
