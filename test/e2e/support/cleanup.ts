/** What has to be undone, in the order in which it was done. */
export class Cleanup {
  readonly #tasks: { readonly what: string; readonly undo: () => unknown }[] = [];

  #isOver = false;

  /**
   * Adds what {@link run} will undo, last first. To be called before it is done.
   *
   * @throws Error once {@link run} has begun: nothing may be made behind it.
   */
  add(what: string, undo: () => unknown): void {
    if (this.#isOver) throw new Error(`It is over: nothing is begun any more (${what}).`);
    this.#tasks.push({ what, undo });
  }

  /**
   * Undoes everything. A failure does not prevent the rest.
   *
   * @throws AggregateError that names what is left behind.
   */
  async run(): Promise<void> {
    this.#isOver = true;
    const failures: Error[] = [];
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      try {
        await task.undo();
      } catch (error) {
        failures.push(new Error(`${task.what}: ${(error as Error).message}`));
      }
    }
    if (failures.length > 0) {
      const list = failures.map(({ message }) => `\n  - ${message}`).join('');
      throw new AggregateError(failures, `Not everything could be undone:${list}`);
    }
  }
}
