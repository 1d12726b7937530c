/**
 * The names of the errors that a rotation can end in. A name is an interface: the state machine matches it in
 * `Retry` and `Catch`, alarms and messages carry it, and the runbook has a section for each.
 */
export const ERROR_NAMES = [
  'InvalidRotationInput',
  'UserNotEnrolled',
  'UserNotFound',
  'EnrolmentConflict',
  'RotationInProgress',
  'RotationOnHold',
  'AccessKeyConflict',
  'SecretConflict',
  'AccessKeyNotUsable',
  'AdoptionTimedOut',
  'NotAcknowledged',
  'ConsumersUnhealthy',
  'NothingToRollBack',
  'StateDrift',
  'TransientServiceError',
] as const;

/** One of {@link ERROR_NAMES}. */
export type RotationErrorName = (typeof ERROR_NAMES)[number];

/** Ends the message of every TransientServiceError, which a person reads only when the retries did not help. */
export const RETRY_NOTE =
  'This is retried for a while; if it ended the execution, start a new one: it goes on from what is there.';

/** Says that a message tells already what becomes of the leaked key that it is about. */
export type LeakTold = 'told';

/** A decision to end with an error instead of acting. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly error: RotationErrorName;
  /** The message of the error. */
  readonly reason: string;
  /** Without it, a failure while a leaked key may be Active is told with what to do about the key. */
  readonly leak?: LeakTold | undefined;
}

/**
 * An error of which a person, or the state machine's `Retry`, can make something. Its message says what is
 * wrong, what state the access keys are in now, and what to do next. It never contains key material.
 */
export class RotationError extends Error {
  override readonly name: RotationErrorName;
  /** Whether the message tells already what becomes of a leaked key. */
  readonly leak: LeakTold | undefined;

  constructor(
    name: RotationErrorName,
    message: string,
    options?: { readonly cause?: unknown; readonly leak?: LeakTold | undefined },
  ) {
    super(message, options);
    this.leak = options?.leak;
    // A literal, not the class's name: minification renames classes, and Step Functions matches this string.
    this.name = name;
  }

  /** The error in which a refusal ends. */
  static of({ error, reason, leak }: Pick<Refusal, 'error' | 'reason' | 'leak'>): RotationError {
    return new RotationError(error, reason, { leak });
  }
}
