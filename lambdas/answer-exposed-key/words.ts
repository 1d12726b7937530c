import { RotationError } from '../shared/contract/errors';
import { declareEmergency, eventsOfKey, lastUseOfKey, setKeyStatus } from '../shared/text/commands';
import { type Advice, listOf, type Said } from '../shared/text/said';
import { leakIsOpen } from '../shared/words/leak';
import type { Answer, Exposure } from './decide';

/** What is said of a key: what was to be done about it, and why the emergency could not be started, if it could not. */
export type ToldKey = { readonly accessKeyId: string } & (
  | Answer
  | { readonly code: 'not-started'; readonly userName: string; readonly error: unknown }
);

/** For the record of an emergency, in one line. */
export const reasonOf = ({ eventArn }: Exposure): string => `AWS says that it is exposed: ${eventArn}`;

const NOTHING_CHANGED = 'No key was changed, and nobody has looked which keys are Active.';

const sayExposure = ({ since, eventArn }: Exposure, whatIsExposed: string): readonly string[] => [
  `AWS says that ${whatIsExposed} is exposed: others may have it, and may use it.`,
  since === undefined
    ? 'AWS does not say since when.'
    : `According to AWS, it has been so since ${since.toISOString()}.`,
  `Its event is ${eventArn}.`,
];

const byHand = (userName: string, accessKeyId: string): Advice => [
  'Set the key Inactive now. Every program that uses it fails from then on, until it gets another key:',
  setKeyStatus(userName, accessKeyId, 'Inactive'),
];

/** The two ways to contain a key of an enrolled user, with what each means for programs. */
const containIt = (exposure: Exposure, userName: string, accessKeyId: string): Advice => [
  'Declare the emergency now. Programs that read the secret get another key first; those that hold this one fail until they read the secret again:',
  declareEmergency(userName, accessKeyId, reasonOf(exposure)),
  'Or, if an outage is better than half a minute more: accept one. The key is Inactive in a second, and programs fail until its successor is published:',
  declareEmergency(userName, accessKeyId, reasonOf(exposure), { outage: 'accepted' }),
  'If the emergency is refused because the secret does not name the key, set the key Inactive by hand:',
  setKeyStatus(userName, accessKeyId, 'Inactive'),
];

const sayUnknown = (exposure: Exposure, accessKeyId: string): Said => ({
  what: [
    ...sayExposure(exposure, `the access key ${accessKeyId} of this account`),
    'AWS does not say whose key it is. It may be deleted, it may be the root user’s, or this function may not ask about its user.',
  ],
  urgency: leakIsOpen(accessKeyId, 'MAY STILL BE'),
  keys: NOTHING_CHANGED,
  next: [
    'Ask AWS whose it is, as somebody who may ask about every user:',
    lastUseOfKey(accessKeyId),
    'If it is a user’s, set it Inactive in the IAM console, under the user’s security credentials. If it is the root user’s, sign in as the root user and delete it.',
    'If nobody has it, it is deleted. Look at what was done with it all the same:',
    eventsOfKey(accessKeyId),
  ],
});

const sayNotEnrolled = (exposure: Exposure, userName: string, accessKeyId: string): Said => ({
  what: [
    ...sayExposure(exposure, `the access key ${accessKeyId} of ${userName}`),
    `This stack does not rotate ${userName}, so it does nothing. A stack that does tells you itself what it does.`,
  ],
  urgency: leakIsOpen(accessKeyId, 'MAY STILL BE'),
  keys: NOTHING_CHANGED,
  next: [...byHand(userName, accessKeyId), 'Look at what was done with it:', eventsOfKey(accessKeyId)],
});

const sayEnrolled = (exposure: Exposure, userName: string, accessKeyId: string): Said => ({
  what: [
    ...sayExposure(exposure, `the access key ${accessKeyId} of ${userName}`),
    `onExposedKey of ${userName} is "tell", so no emergency was started. That is for you to decide.`,
  ],
  urgency: leakIsOpen(accessKeyId, 'MAY STILL BE'),
  keys: NOTHING_CHANGED,
  next: containIt(exposure, userName, accessKeyId),
});

const problemOf = (error: unknown): readonly string[] =>
  error instanceof RotationError ? listOf(error.said.what) : [];

const sayNotStarted = (exposure: Exposure, userName: string, accessKeyId: string, error: unknown): Said => ({
  what: [
    ...sayExposure(exposure, `the access key ${accessKeyId} of ${userName}`),
    'THE EMERGENCY COULD NOT BE STARTED. It is tried up to three times within minutes.',
    ...problemOf(error),
  ],
  urgency: leakIsOpen(accessKeyId, 'MAY STILL BE'),
  keys: NOTHING_CHANGED,
  next: containIt(exposure, userName, accessKeyId),
});

/** What people are told of a key. Undefined: the emergency tells them. */
export const sayOfKey = (exposure: Exposure, told: ToldKey): Said | undefined => {
  const { accessKeyId } = told;
  switch (told.code) {
    case 'emergency':
      return undefined;
    case 'tell':
      return sayEnrolled(exposure, told.userName, accessKeyId);
    case 'not-enrolled':
      return sayNotEnrolled(exposure, told.userName, accessKeyId);
    case 'not-started':
      return sayNotStarted(exposure, told.userName, accessKeyId, told.error);
    case 'unknown':
      return sayUnknown(exposure, accessKeyId);
  }
};

/** What people are told of an event that names no key, or something else besides. */
export const sayUnclear = (exposure: Exposure): Said => ({
  what: [
    ...sayExposure(exposure, 'an access key of this account'),
    'The event names none, or something that is no ID of an access key and is not repeated here.',
  ],
  keys: NOTHING_CHANGED,
  next: [
    'Open the event in the AWS Health Dashboard of the account, under "Your account health". It says which key it is.',
    'Then declare the emergency of that key: see docs/runbook.md, "A key has leaked".',
  ],
});

/** The function was invoked with something else than such an event. */
export const notAnExposure = (): string =>
  'This is no event of AWS Health that an access key is exposed, or has another form than AWS documents. Only the rule of the stack is to invoke this function. If AWS has sent it, a key may be exposed: look at the AWS Health Dashboard now.';

/** Something that an event asks for could not be done. */
export const notAllAnswered = (failed: number, all: number): string =>
  `${failed} of ${all} answers to AWS’s event of exposed keys failed. This is tried again.`;
