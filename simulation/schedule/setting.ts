import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { OWNERSHIP_TAG } from '../../lambdas/shared/contract/names';
import { ownershipValue } from '../../lambdas/shared/findings/ownership';
import type { KeyAtStart } from '../../local/world/scene';
import type { ShapeName } from './schedule';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Short periods: the protocol does not depend on their length, and each check costs time here. */
export const SETTINGS = {
  userName: 'alice',
  force: true,
  rotateAfter: 'P3D',
  overlapPeriod: 'PT2H',
  noticeBefore: 'PT0S',
  quietPeriod: 'PT3H',
  adoptionDeadline: 'P2D',
  recoveryPeriod: 'P1D',
  idleAfter: 'P10D',
  adoptionCheckInterval: 'PT4H',
  healthCheckInterval: 'PT12H',
  deactivationWindow: 'always',
  healthAlarms: ['consumers-of-alice'],
} as const;

/** A Lambda function of the owner. */
export const VALIDATOR = 'arn:aws:lambda:us-east-1:111122223333:function:validator';

/** Further settings of a situation. */
export const MORE_SETTINGS: Readonly<Partial<Record<ShapeName, object>>> = {
  'owners-document': {
    document: 'named-fields',
    fieldNames: { accessKeyId: 'user', secretAccessKey: 'password' },
  },
  'owner-asked': { validator: VALIDATOR, acknowledgement: { deadline: 'P1D' } },
  'owner-refuses': { acknowledgement: { deadline: 'P1D' } },
  // Longer than the overlap period.
  noticed: { noticeBefore: 'PT6H' },
};

export const USER = SETTINGS.userName;
/** A user of another owner. */
export const STRANGER = 'bob';
/** The user's secret. */
export const SECRET = `iam-access-key-rotation/${USER}`;
/** The mark of another stack's secret on the user: of the same stack in another Region. */
const OTHERS_MARK = ownershipValue(SECRET, 'arn:aws:states:eu-west-1:111122223333:execution:rotation:one');

/** Another stack marks the user as its own. */
export const markForOther = ({ iam }: EmbeddedAws): void => iam.setUserTag(USER, OWNERSHIP_TAG, OTHERS_MARK);

/** A person takes the user over, or a tool removes tags that it does not know. */
export const removeMark = ({ iam }: EmbeddedAws): void => iam.setUserTag(USER, OWNERSHIP_TAG);

/** Whether the user is marked as another stack's. */
export const isMarkedForOther = ({ iam }: EmbeddedAws): boolean =>
  iam.tagsOf(USER)[OWNERSHIP_TAG] === OTHERS_MARK;

/** The alarm that shows whether consumers are well. */
export const [ALARM] = SETTINGS.healthAlarms;

/** What the user has when a schedule begins. */
export const KEY_AT_START: Readonly<Record<ShapeName, KeyAtStart>> = {
  ordinary: 'published',
  'first-key': 'none',
  'key-not-in-secret': 'not-in-secret',
  resumed: 'published',
  'rolled-back': 'published',
  'rolled-back-by-hand': 'published',
  'only-key-leaked': 'published',
  'outage-accepted': 'published',
  'old-key-leaked': 'published',
  'new-key-leaked': 'published',
  'new-key-leaked-late': 'published',
  'both-keys-leaked': 'published',
  'leaked-beside-foreign': 'published',
  paused: 'published',
  'deadline-missed': 'published',
  'owner-refuses': 'published',
  'enrolled-elsewhere': 'not-in-secret',
  'owners-document': 'published',
  'owner-asked': 'published',
  noticed: 'published',
};

/** Puts a copy of the key further down into a document, as its owner may do. */
export const withCopy = (text: string): string => text.replace(/}$/, `, "copy": [ ${text} ] }`);
