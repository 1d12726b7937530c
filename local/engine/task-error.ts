/** Step Functions API, HistoryEvent: the maximum length of a cause. A longer one is cut. */
const LONGEST_CAUSE = 32_768;

/**
 * How a task of the state machine fails: with a name that `Retry` and `Catch` match, and a cause. It stands
 * for Step Functions' own view of a failure, so it carries no further error.
 */
export class TaskError extends Error {
  override readonly name: string;
  /** The engine reads these two. In Step Functions, nothing can match the errors of its own limits. */
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, { final = false }: { readonly final?: boolean } = {}) {
    super(cause.slice(0, LONGEST_CAUSE));
    this.name = name;
    this.isRetryable = !final;
    this.isCatchable = !final;
  }
}
