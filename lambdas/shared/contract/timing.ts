/**
 * Times on which infrastructure and functions must agree. All in seconds.
 */

/** Timeout of every step's Lambda function. A function that was cut off is dead after this time at the latest. */
export const FUNCTION_TIMEOUT_SECONDS = 120;

/**
 * `TimeoutSeconds` of every Task state. It exceeds the function's timeout, so that a state is never given up,
 * and tried again, while its function still runs.
 */
export const TASK_TIMEOUT_SECONDS = 150;

/**
 * How long a request may still take effect after the function that sent it is gone. AWS documents no bound for
 * this; 60 seconds is our choice.
 */
export const LATE_REQUEST_MARGIN_SECONDS = 60;

/**
 * How long a read of Secrets Manager or Step Functions may not show what was written. AWS documents no bound for this either. It is not
 * longer than what lies between two attempts of create-access-key, test-access-key and delete-access-key, nor than what
 * lies between an execution and its successor: so whatever those wrote shows to the next one, and only what the step
 * right before has written, or the function itself, is waited for.
 */
export const LATE_READ_SECONDS = 60;

/** How much the clocks of two functions, or of a function and an AWS service, may differ. AWS promises nothing. */
export const CLOCK_TOLERANCE_SECONDS = 300;

/**
 * How long after the end of an execution its last function, and that function's last request, may still be
 * alive. Only then may another execution take over the lock.
 */
export const DRAIN_SECONDS = FUNCTION_TIMEOUT_SECONDS + LATE_REQUEST_MARGIN_SECONDS;

/**
 * How long the execution that declares an emergency stays open, so that the plan of the rotation can ask for it: longer than the
 * plan is tried again when AWS does not answer, each time for as long as it can take.
 */
export const DECLARATION_OPEN_SECONDS = 3600;

/** How long after its declaration an emergency may begin: the start is tried again for a minute, each time for as long again. */
export const DECLARATION_GOOD_SECONDS = 600;

/** How long after the recovery period alarms and validator are asked again that give no verdict, before a person has to look. */
export const VERDICT_GRACE = 'P2D';

/**
 * How long CloudTrail is asked what a leaked key did. The Regions are asked at the same time; a request that is under way then ends well
 * within the function's timeout.
 */
export const TRACE_SECONDS = 60;

/**
 * How long after the first look CloudTrail is asked again: it shows an event "within an average of about 5 minutes" (CloudTrail User
 * Guide, "How CloudTrail works"), and 20 minutes are four times that.
 */
export const TRACE_AGAIN_SECONDS = 1200;

/** Timeout of the survey's function: what Lambda allows at most, because it asks about every user in turn. */
export const SURVEY_TIMEOUT_SECONDS = 900;
