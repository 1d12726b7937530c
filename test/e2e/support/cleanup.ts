/** What has to be undone, in the order in which it was done. */
export class Cleanup {
  readonly #tasks: { readonly what: string; readonly undo: () => unknown }[] = [];

  /** Adds what {@link run} will undo, last first. */
  add(what: string, undo: () => unknown): void {
    this.#tasks.push({ what, undo });
  }

  /**
   * Undoes everything. A failure does not prevent the rest.
   *
   * @throws AggregateError that names what is left behind.
   */
  async run(): Promise<void> {
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
