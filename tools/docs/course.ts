/**
 * Writes in what an emergency differs from any other rotation, from lambdas/shared/rotation/course.ts, into the marked region of
 * docs/guarantees.md:
 *
 *     npx tsx tools/docs/course.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Course, EMERGENCY, ORDINARY } from '../../lambdas/shared/rotation/course';
import { withRegion } from './region';
import { table } from './table';

const GUARANTEES_FILE = join(__dirname, '..', '..', 'docs', 'guarantees.md');

/** What a rotation does that has a property, and what one does that does not have it. */
const WORDS: Readonly<Record<keyof Course, readonly [having: string, lacking: string]>> = {
  respectsPause: [
    'does not start during a pause, and keeps both keys as they are',
    'goes on during a pause; only the deletion of the leaked key waits for its end',
  ],
  respectsHold: ['does not start while it is on hold', 'lifts a hold, and goes on'],
  waitsForOverlap: [
    'leaves both keys Active for the overlap period',
    'leaves no overlap period between publication and deactivation',
  ],
  givesNotice: [
    'tells people noticeBefore ahead, before it starts by schedule and before the old key is deactivated',
    'gives no notice',
  ],
  claimsUser: [
    'refuses a user that belongs to another secret, and marks one that belongs to none',
    "goes on for a user that is marked as another secret's, if this secret holds the leaked key",
  ],
  waitsForConsumers: [
    'deactivates the old key when its consumers have moved, the alarms are OK and the window is open',
    'deactivates the leaked key although consumers may use it, whatever the alarms say, at any hour',
  ],
  asksOwner: [
    'asks the validator, and the owner for an acknowledgement, if they are configured',
    'asks neither the validator nor for an acknowledgement',
  ],
  waitsForReplicas: [
    'deactivates the old key when every replica of the secret has the new one',
    'does not wait for replicas of the secret before the deactivation',
  ],
  mayRollBack: [
    'brings the old key back when consumers fail, or a person asks for it',
    'never brings the leaked key back, even if a person asks for it',
  ],
  provesKeyAgain: [
    'asks AWS once more, right before the deactivation, whether it accepts the key that consumers read',
    'relies, after the overlap period, on the test before the publication',
  ],
  mayFallBack: [
    'publishes the other key again, if the secret still holds it, instead of a new one',
    'publishes only a key that it has created',
  ],
  mayDeleteEarly: [
    'may delete a key early, if AWS has no room for a successor',
    'deletes no key before its recovery period is over',
  ],
};

const PROPERTIES = Object.keys(WORDS) as readonly (keyof Course)[];

const wordsOf = (course: Course, property: keyof Course): string => WORDS[property][course[property] ? 0 : 1];

/** The text with the comparison in its marked region. */
export const withCourse = (guarantees: string): string =>
  withRegion(
    guarantees,
    'emergency',
    table([
      ['a rotation', 'an emergency'],
      ...PROPERTIES.map((property) => [wordsOf(ORDINARY, property), wordsOf(EMERGENCY, property)]),
    ]),
  );

if (require.main === module) {
  writeFileSync(GUARANTEES_FILE, withCourse(readFileSync(GUARANTEES_FILE, 'utf8')));
}
