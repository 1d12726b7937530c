import type { RotationErrorName } from '../contract/errors';
import type { Telling } from '../contract/told';
import type { Urgency } from '../text/said';

/** What holds for every message of an error, or of an event, unless the words for the very case say otherwise. */
export interface Title {
  /** For the subject, after the user: what it is about. ASCII, and at most 45 characters. */
  readonly title: string;
  readonly urgency: Urgency;
}

const notUrgent = (why: string): Urgency => ({ urgent: false, why });
const urgent = (why: string): Urgency => ({ urgent: true, why });

const CONSUMERS_GO_ON = notUrgent('Programs go on with the key that they have.');

const ERRORS: Readonly<Record<RotationErrorName, Title>> = {
  InvalidRotationInput: { title: 'it was started with the wrong input', urgency: CONSUMERS_GO_ON },
  UserNotEnrolled: { title: 'the user is not enrolled', urgency: CONSUMERS_GO_ON },
  UserNotFound: { title: 'the IAM user does not exist', urgency: CONSUMERS_GO_ON },
  EnrolmentConflict: { title: 'something configured is missing', urgency: CONSUMERS_GO_ON },
  RotationInProgress: { title: 'a rotation is running already', urgency: CONSUMERS_GO_ON },
  RotationOnHold: {
    title: 'the rotation is on hold',
    urgency: notUrgent('Both keys stay as they are until a person resumes the rotation.'),
  },
  AccessKeyConflict: { title: 'the keys do not allow a rotation', urgency: CONSUMERS_GO_ON },
  SecretConflict: {
    title: 'the secret cannot be used',
    urgency: notUrgent(
      'Look at it today: programs read this secret, and keys are not rotated until it is right.',
    ),
  },
  UserConflict: { title: 'the user belongs to another secret', urgency: CONSUMERS_GO_ON },
  AccessKeyNotUsable: {
    title: 'AWS refuses the new key',
    urgency: notUrgent('No program has the new key. They go on with the key that they have.'),
  },
  AdoptionTimedOut: {
    title: 'consumers have not moved',
    urgency: notUrgent('Both keys are Active, so nothing is broken.'),
  },
  NotAcknowledged: {
    title: 'the owner has not agreed',
    urgency: notUrgent('Both keys are Active, so nothing is broken.'),
  },
  ConsumersUnhealthy: {
    title: 'consumers are not well',
    urgency: urgent('Programs fail, or nobody can say whether they do. See that they work again.'),
  },
  NothingToRollBack: {
    title: 'nothing was brought back',
    urgency: urgent('If programs fail, they still do: the rollback that was asked for was not possible.'),
  },
  StateDrift: {
    title: 'somebody has changed something',
    urgency: notUrgent('Look at it today: the change may hit the programs, too.'),
  },
  TransientServiceError: { title: 'AWS does not answer', urgency: CONSUMERS_GO_ON },
  PermissionDenied: { title: 'AWS denies a call', urgency: CONSUMERS_GO_ON },
  KmsKeyNotUsable: {
    title: 'the KMS key cannot be used',
    urgency: urgent('As long as it is so, programs cannot read the secret either.'),
  },
  UnexpectedError: { title: 'an unknown error', urgency: CONSUMERS_GO_ON },
};

const AFTER_A_LEAK = urgent(
  'Sessions obtained with the leaked key may still work: end them. Programs that hold the leaked key fail until they read the secret again.',
);

/** What else a person is told of. */
const TELLINGS: Readonly<Record<Exclude<Telling, RotationErrorName>, Title>> = {
  RotationAhead: {
    title: 'the access key will be rotated',
    urgency: notUrgent('Nothing has changed yet.'),
  },
  DeactivationAhead: {
    title: 'the old key will be set Inactive',
    urgency: notUrgent('Both keys are Active.'),
  },
  AdoptionOverruled: {
    title: 'the old key is set Inactive, though in use',
    urgency: urgent('Programs that still use the old key fail from now on.'),
  },
  NoVerdict: {
    title: 'nobody can say whether consumers are well',
    urgency: notUrgent('Today: harm would not be noticed. The old key is kept, and can be brought back.'),
  },
  LeakedKeyInactive: {
    title: 'the leaked key is Inactive',
    urgency: AFTER_A_LEAK,
  },
  LeakedKeyGone: {
    title: 'the leaked key is gone',
    urgency: AFTER_A_LEAK,
  },
  LeakedKeyTraced: {
    title: 'what the leaked key did',
    urgency: urgent('Sessions and whatever else the leaked key has obtained outlive it.'),
  },
  SurveyFindings: {
    title: 'the survey',
    urgency: notUrgent('Nothing here stops programs today.'),
  },
  RolledBackByHand: {
    title: 'the old key was brought back, as asked',
    urgency: notUrgent('Check that what failed works again.'),
  },
  RotationEndedUntold: { title: 'a rotation ended and has not told why', urgency: CONSUMERS_GO_ON },
  DeclarationEndedUntold: {
    title: 'an emergency may not have begun',
    urgency: urgent('A LEAKED KEY MAY STILL BE ACTIVE.'),
  },
  KeyExposed: {
    title: 'AWS says that a key is exposed',
    urgency: urgent('A KEY THAT IS EXPOSED MAY STILL BE ACTIVE.'),
  },
};

/** What each message is called. The runbook has a section of the same name for each error, and for each telling. */
export const TITLES: Readonly<Record<RotationErrorName | Telling, Title>> = { ...ERRORS, ...TELLINGS };
