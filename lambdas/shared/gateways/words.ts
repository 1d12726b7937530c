import { RETRY_NOTE } from '../contract/errors';
import { mask } from '../text/mask';
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
        unseen.accessKeyId === undefined ? '' : ` ${mask(unseen.accessKeyId)}`
      }`;
    case 'key-label':
      return `the label of the new key ${mask(unseen.accessKeyId)}`;
    case 'condemnation':
      return `that the key ${mask(unseen.accessKeyId)} is condemned`;
    case 'new-key':
      return `the new key of ${unseen.userName}`;
    case 'ownership-mark':
      return `that ${unseen.userName} belongs to this secret, by the tag ${unseen.tag}`;
  }
};

/** A read is late. */
export const notShown = (service: string, unseen: Unseen): string =>
  `${service} does not show ${describeUnseen(unseen)}. Its reads may be late, so nothing follows from that, and nothing was ` +
  `given up. ${RETRY_NOTE}`;

/** What to do where a policy stands in the way, by what AWS says of it. */
const ADVICE = {
  control: 'A policy of the organization stands in the way: whoever manages it has to except the role.',
  boundary:
    "The role's permissions boundary stands in the way: it has to allow the action, or another one has to be set.",
  endpoint: 'The policy of a VPC endpoint stands in the way: it has to let the role through.',
  resource:
    'A policy on the resource itself stands in the way, for a secret its resource policy, for a KMS key its key policy: it ' +
    'has to let the role through.',
  kms:
    'It is the KMS key of the secret that may not be used: its key policy has to let the role through, and kmsKeyArn of the ' +
    'user in the configuration has to name the key that the secret has.',
  identity:
    "The role's own policies do not allow it, or deny it. See whether path, existingSecret and kmsKeyArn of the user in the configuration " +
    'are those of the user and the secret that are there, correct what differs, and deploy.',
  unnamed:
    'AWS does not say which policy stands in the way. Look at the policies of the role and its permissions boundary, the ' +
    'service control policies of the organization, the resource policy of the secret, and path, existingSecret and kmsKeyArn of ' +
    'the user in the configuration.',
} as const;

/** A kind of policy that stands in the way. */
export type Policy = keyof typeof ADVICE;

const DENIAL_NOTE =
  'This is tried again for some minutes, because a change of policies takes as long to arrive everywhere; if it ended the ' +
  'execution, it is no such change. When it is mended, start a new execution: it goes on from what is there.';

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

const told = ({ attempted, code, answer }: FailedCall, more = ''): string =>
  `${attempted}${more}: ${code}: ${ended(answer)}`;

export const notAnswered = (call: FailedCall): string =>
  `AWS did not answer properly while ${told(call)} Whatever was done can be done again safely. ${RETRY_NOTE}`;

export const denied = (call: FailedCall, policy: Policy): string =>
  `AWS did not allow ${told(call)} ${ADVICE[policy]} ${DENIAL_NOTE}`;

export const kmsKeyNotUsable = (call: FailedCall): string =>
  `The KMS key of the secret could not be used while ${told(call)} It may be disabled, scheduled ` +
  'for deletion, of another account or Region, or too new to be known everywhere. As long as it is so, consumers cannot ' +
  `read the secret either. ${DENIAL_NOTE}`;

export const unknownError = (call: FailedCall): string =>
  `Something went wrong while ${told(call, ' that this service does not know')} Every step can be ` +
  'repeated safely: start a new execution. If it ends the same way, look at the log of the step.';
