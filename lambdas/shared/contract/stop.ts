/*
 * How an execution that is stopped for another tells of its end. The rule that reports stopped executions goes by it.
 */

/** The error of such an end. */
export const STOPPED_FOR_ANOTHER = 'StoppedForAnother';

/** How its cause begins: then follows the ARN of the execution that takes the rotation over. */
export const TAKEN_OVER_BY = 'Taken over by ';

/** The ARN of the execution that takes over, if this is such a cause. An ARN of ours has none of what may follow it. */
export const takenOverBy = (text: string): string | undefined =>
  text.startsWith(TAKEN_OVER_BY) ? /^[\w:-]+/.exec(text.slice(TAKEN_OVER_BY.length))?.[0] : undefined;
