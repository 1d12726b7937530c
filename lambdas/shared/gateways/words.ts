import { RETRY_NOTE } from '../contract/errors';
import { restoreSecret } from '../text/commands';
import type { Said } from '../text/said';
import type { Unseen } from './unseen';

/*
 * What is said of calls to AWS. Words of several steps are in shared/words.
 */

const describeUnseen = (unseen: Unseen): string => {
  switch (unseen.code) {
    case 'execution':
      return `the execution ${unseen.executionArn}`;
    case 'start-of-execution':
      return `the execution ${unseen.executionArn} that began at ${unseen.startTime}`;
    case 'moment-of-execution':
      return `${unseen.executionArn} in the state of this step, with this input`;
    case 'own-lock':
      return `AWSPENDING of ${unseen.secretId} on this execution's intent`;
    case 'lock-of-running':
      return `AWSPENDING of ${unseen.secretId} on the intent of ${unseen.executionArn}, which is running`;
    case 'current-of-two-reads':
      return `where AWSCURRENT of ${unseen.secretId} is: two reads disagree`;
    case 'label':
      return `where ${unseen.label} of ${unseen.secretId} is now`;
    case 'hold':
      return `where the hold of ${unseen.secretId} is now`;
    case 'version':
      return `the version ${unseen.versionId} of ${unseen.secretId}`;
    case 'publication':
      return `AWSCURRENT of ${unseen.secretId} on the new key${
        unseen.accessKeyId === undefined ? '' : ` ${unseen.accessKeyId}`
      }`;
    case 'key-label':
      return `the label of the new key ${unseen.accessKeyId}`;
    case 'condemnation':
      return `that the key ${unseen.accessKeyId} is condemned`;
    case 'new-key':
      return `the new key of ${unseen.userName}`;
    case 'ownership-mark':
      return `that ${unseen.userName} belongs to this secret, by the tag ${unseen.tag}`;
  }
};

/** A read is late. */
export const notShown = (service: string, unseen: Unseen): Said => ({
  what: [
    `${service} does not show ${describeUnseen(unseen)}.`,
    'Its reads may be late, so nothing follows from that, and nothing was given up.',
  ],
  next: [RETRY_NOTE],
});

/** What to do where a policy stands in the way, by what AWS says of it. */
const ADVICE = {
  control: 'A policy of the organization stands in the way. Have it except the role.',
  boundary: "The role's permissions boundary stands in the way. Let it allow the action, or set another one.",
  endpoint: 'The policy of a VPC endpoint stands in the way. Let it allow the role.',
  resource:
    'A policy on the resource itself stands in the way: for a secret its resource policy, for a KMS key its key policy. Let it allow ' +
    'the role.',
  kms:
    'The KMS key of the secret may not be used. Let its key policy allow the role, and see that kmsKeyArn of the user in the ' +
    'configuration names the key that the secret has.',
  identity:
    "The role's own policies do not allow it, or deny it. See that path, existingSecret and kmsKeyArn of the user in the configuration " +
    'are those of the user and the secret. Correct what differs, and deploy.',
  unnamed:
    'AWS does not say which policy stands in the way. Look at the policies of the role and its permissions boundary, the ' +
    'service control policies of the organization, the resource policy of the secret, and path, existingSecret and kmsKeyArn of ' +
    'the user in the configuration.',
} as const;

/** A kind of policy that stands in the way. */
export type Policy = keyof typeof ADVICE;

const DENIAL_NOTE =
  'It was tried again for some minutes, because a change of policies takes that long to arrive everywhere. If it ended the ' +
  'execution, it is no such change: correct it, then start a new execution, which goes on from what is there.';

/** A call to AWS that has failed. */
export interface FailedCall {
  /** What was being done: "listing the access keys of alice". */
  readonly attempted: string;
  /** AWS's name for the error. */
  readonly code: string;
  /** What AWS says of it. */
  readonly answer: string;
}

/** AWS ends some of its sentences, and others not. */
export const ended = (sentence: string): string => (sentence.at(-1) === '.' ? sentence : `${sentence}.`);

/** What to do where a policy stands in the way. */
export const adviceOnDenial = (policy: Policy): string => ADVICE[policy];

const answered = ({ code, answer }: FailedCall): string => `AWS says: ${code}: ${ended(answer)}`;

export const notAnswered = (call: FailedCall): Said => ({
  what: [`AWS did not answer properly while ${call.attempted}.`, answered(call)],
  next: [`Whatever was done can be done again safely. ${RETRY_NOTE}`],
});

export const denied = (call: FailedCall, policy: Policy): Said => ({
  what: [`AWS did not allow ${call.attempted}.`, answered(call)],
  next: [ADVICE[policy], DENIAL_NOTE],
});

export const kmsKeyNotUsable = (call: FailedCall): Said => ({
  what: [
    `The KMS key of the secret could not be used while ${call.attempted}.`,
    answered(call),
    'It may be disabled, scheduled for deletion, of another account or Region, or too new to be known everywhere.',
  ],
  next: ['Make the key usable again.', DENIAL_NOTE],
});

export const unknownError = (call: FailedCall): Said => ({
  what: [
    `Something went wrong while ${call.attempted}, and this service does not know the error.`,
    answered(call),
  ],
  next: [
    'Start a new execution: every step can be repeated safely.',
    'If it ends the same way, look at the log of the step.',
  ],
});

/** A secret that is there and cannot be read. */
export const unreadableSecret = (secretId: string, answer: string): Said => ({
  what: [
    `The secret ${secretId} cannot be read: it is scheduled for deletion, its version has no value, or its KMS key is being deleted.`,
    `AWS says: ${ended(answer)}`,
    'Nothing was changed.',
  ],
  next: ['Restore it, then start again:', restoreSecret(secretId)],
  urgency: { urgent: true, why: 'Programs cannot read the secret either.' },
});
