import fc from 'fast-check';
import { simulate } from '../../simulation/play/simulate';
import { numbered } from '../../simulation/schedule/position';
import {
  type NamedSchedule,
  type Schedule,
  SHAPES,
  type ShapeName,
} from '../../simulation/schedule/schedule';
import { schedules } from '../../simulation/search/random';
import type { EverythingOn } from './configuration';

/** Each situation once, undisturbed. */
export const UNDISTURBED: readonly Schedule[] = (Object.keys(SHAPES) as ShapeName[]).map((shape) => ({
  shape,
  seed: 1,
  faults: [],
}));

/** What a role may do for a case that neither a story nor an undisturbed situation has: one schedule for each such case. */
const RARE: readonly NamedSchedule[] = [
  // AWS never accepts the new key: the step that tests it deletes it again.
  { shape: 'ordinary', seed: 1, faults: [], world: { keyPropagationSeconds: 100_000 } },
  // The owner edits the secret while the new key is published: its version is written again, with the edit.
  {
    shape: 'ordinary',
    seed: 1,
    faults: [
      {
        at: { call: 'iam:ListAccessKeys', by: 'publish-access-key', nth: 1 },
        kind: 'person',
        act: 'edit-field',
        when: 'before',
      },
    ],
  },
  // The owner edits the secret, and the new key is of no use: no version with a label holds the old key any more, so it is written again.
  {
    shape: 'rolled-back',
    seed: 1,
    faults: [
      {
        at: { call: 'secretsmanager:DescribeSecret', by: 'confirm-adoption', nth: 1 },
        kind: 'person',
        act: 'edit-field',
        when: 'before',
      },
      {
        at: { call: 'iam:ListAccessKeys', by: 'reactivate-access-key', nth: 1 },
        kind: 'person',
        act: 'deactivate-new-key',
        when: 'before',
      },
    ],
  },
  // A request to create a key takes effect after another key is published: the last step finds out whose the first one is, and deletes it.
  {
    shape: 'first-key',
    seed: 1,
    faults: [{ at: { call: 'iam:CreateAccessKey', nth: 1 }, kind: 'late', seconds: 180 }],
  },
  // Somebody removes the secret while a rotation runs.
  {
    shape: 'ordinary',
    seed: 1,
    faults: [
      {
        at: { call: 'secretsmanager:DescribeSecret', by: 'confirm-adoption', nth: 1 },
        kind: 'person',
        act: 'remove-secret',
        when: 'before',
      },
    ],
  },
];

/** The rare cases, with the calls of this configuration counted. */
export const rare = async ({ user }: EverythingOn): Promise<readonly Schedule[]> => {
  const found: Schedule[] = [];
  for (const named of RARE) {
    const { schedule, notMade } = await numbered(named, (one) => simulate(one, { settings: user }));
    if (notMade.length > 0) throw new Error(`No such call is made any more: ${JSON.stringify(notMade)}`);
    found.push(schedule);
  }
  return found;
};

/** Seed of the random schedules: they are the same each time. */
const SEED = 1;

/** Schedules with up to four faults and any behaviour of AWS, as the search draws them. */
export const random = (count: number): readonly Schedule[] =>
  fc.sample(schedules, { seed: SEED, numRuns: count });
