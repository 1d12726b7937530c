/*
 * How an execution that is stopped for another tells of its end. The rule that reports stopped executions goes by it.
 */

/** The error of such an end. */
export const STOPPED_FOR_ANOTHER = 'StoppedForAnother';

/** How its cause begins: then follows the ARN of the execution that takes the rotation over. */
export const TAKEN_OVER_BY = 'Taken over by ';

/**
 * The ARN of the execution that is said to take over, if this is such a cause. A comma follows it, and no name of an execution has one
 * (Step Functions API, StartExecution). Whoever may stop an execution can write it.
 */
export const takenOverBy = (text: string): string | undefined =>
  text.startsWith(TAKEN_OVER_BY) ? /^[^\s,]+/.exec(text.slice(TAKEN_OVER_BY.length))?.[0] : undefined;

/** The types of the last event of an execution, however it has ended (Step Functions API Reference, HistoryEvent). */
export const LAST_EVENTS: ReadonlySet<string> = new Set([
  'ExecutionAborted',
  'ExecutionFailed',
  'ExecutionSucceeded',
  'ExecutionTimedOut',
]);
