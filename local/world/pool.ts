/**
 * Objects that worlds have left behind for others, by kind: clients are expensive to make, and warm ones are
 * faster.
 */
export class Pool<T> {
  readonly #left = new Map<string, T[]>();

  take(kind: string): T | undefined {
    return this.#left.get(kind)?.pop();
  }

  leave(kind: string, item: T): void {
    const left = this.#left.get(kind);
    if (left === undefined) this.#left.set(kind, [item]);
    else left.push(item);
  }
}
