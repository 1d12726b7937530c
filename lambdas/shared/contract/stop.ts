/*
 * How an execution that is stopped for another tells of its end. The rule that reports stopped executions goes by it.
 */

/** The error of such an end. */
export const STOPPED_FOR_ANOTHER = 'StoppedForAnother';

/** How its cause begins: then follows the ARN of the execution that takes the rotation over. */
export const TAKEN_OVER_BY = 'Taken over by ';
