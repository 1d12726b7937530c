import { LABELS } from '../../shared/contract/names';
import { findKey } from '../../shared/findings/situation';
import type { RotationInput } from '../../shared/rotation/rotation-state';
import * as commands from '../../shared/text/commands';
import type { Advice, Said } from '../../shared/text/said';
import { sayDuration } from '../../shared/text/times';
import { retireUnknown } from '../../shared/words/attribution';
import { describeProblem, explainObstacle } from '../../shared/words/document';
import { leakIsOpen } from '../../shared/words/leak';
import { describeOwner, explainOwnership } from '../../shared/words/ownership';
import { explainRollbackObstacle } from '../../shared/words/rollback';
import type { LeftBehind, PlanFacts, RefusalWhy } from '../decide';
import { consumersFail, type Explained, startAgain, startAnother, type Words } from './advice';
import { INVENTORY } from './inventory';

export const alreadyRunning = (executionArn: string, { input }: PlanFacts): string =>
  `A rotation of ${input.userName} is running already: ${executionArn}.`;

const onHold = ({ input: { userName }, enrolled }: PlanFacts): Said => ({
  what: [
    `The rotation of ${userName} is on hold.`,
    'It was rolled back, or nobody agreed to the deactivation of the old key in time.',
  ],
  next: [
    `When the programs work, resume the rotation. The old key is set Inactive after that, in ${sayDuration(enrolled.overlapPeriod)} at the earliest, when all checks pass:`,
    commands.startRotation(userName, 'resume'),
  ],
});

/** When each of these keys was last used. */
const lookUpUses = (accessKeyIds: readonly string[]): Advice => [
  'See when each key was last used:',
  ...accessKeyIds.map(commands.lastUseOfKey),
];

/** Any of these may be the one that is not needed. */
const retireUnused = (userName: string, accessKeyIds: readonly string[]): Advice =>
  accessKeyIds.flatMap((accessKeyId) => [
    `Only if nothing uses ${accessKeyId}: set it Inactive.`,
    commands.setKeyStatus(userName, accessKeyId, 'Inactive'),
    'Delete it only after some days without failures:',
    commands.deleteKey(userName, accessKeyId),
  ]);

export const REFUSALS: Words<RefusalWhy> = {
  ...INVENTORY,
  'on-hold': (_why, facts) => onHold(facts),
  'another-secrets': (why, { input }) => explainRefusedUser(why, input),
  'no-room-for-mark': (why, { input }) => explainRefusedUser(why, input),
  'scheduled-for-deletion': (_why, { input, enrolled: { userName, secretId } }) => ({
    what: [`The secret ${secretId} of ${userName} is scheduled for deletion.`],
    // AWS Secrets Manager API Reference, DeleteSecret: until it is restored, its value cannot be retrieved.
    urgency: consumersFail('Programs cannot read a secret that is scheduled for deletion.'),
    next: ['Restore the secret:', commands.restoreSecret(secretId), ...startAgain(input)],
  }),
  'rotation-enabled': (_why, { input, enrolled: { userName, secretId } }) => ({
    what: [
      `Secrets Manager's own rotation is switched on for the secret ${secretId} of ${userName}.`,
      'It moves AWSPENDING, which is the lock of a rotation here.',
    ],
    next: [
      "Switch Secrets Manager's own rotation off:",
      commands.cancelRotation(secretId),
      ...startAgain(input),
    ],
  }),
  'too-many-labels': ({ tooMany, label, versionId }, { input, enrolled: { userName, secretId } }) => ({
    what: [
      `The secret ${secretId} of ${userName} has too many staging labels: ${tooMany} more than there is room for.`,
      'Secrets Manager allows 20 for a secret, and a rotation needs 9 of them.',
    ],
    next: [
      `Remove ${tooMany} or more of your own labels that nothing needs. This removes ${label}:`,
      commands.removeLabel(secretId, label, versionId),
      ...startAgain(input),
    ],
  }),
  'no-current': (_why, { input, enrolled: { userName, secretId } }) => ({
    what: [`No version of the secret ${secretId} of ${userName} is AWSCURRENT.`],
    urgency: consumersFail('Programs that read the secret now get no key.'),
    next: [
      'Put AWSCURRENT on the version that programs should read. These are the versions:',
      commands.describeSecret(secretId),
      'If there is none, store a value without a key:',
      commands.emptySecret(secretId),
      ...startAgain(input),
    ],
  }),
  'unreadable-current': ({ problem }, { input, enrolled: { userName, secretId } }) => ({
    what: [`The secret ${secretId} of ${userName} cannot be understood: ${describeProblem(problem)}.`],
    next: [
      'Correct AWSCURRENT. It must be a JSON object with AccessKeyId and SecretAccessKey, or with neither. Fields that fieldNames of the user names must hold the same key, or be absent.',
      ...startAgain(input),
    ],
  }),
  obstacle: ({ obstacle }, { input, enrolled }) => {
    const { what, next } = explainObstacle(obstacle, enrolled.secretId);
    return { what, next: [...next, ...startAgain(input)] };
  },
  'foreign-lock': ({ versionId }, { input, enrolled: { userName, secretId } }) => ({
    what: [
      `AWSPENDING of the secret ${secretId} of ${userName} is on the version ${versionId}, where no rotation here has put it.`,
      'Something else uses this label, which is the lock of a rotation.',
    ],
    next: [
      'Find out what put it there. Then remove the label:',
      commands.removeLabel(secretId, LABELS.pending, versionId),
      ...startAgain(input),
    ],
  }),
  'in-progress': ({ executionArn }, facts) => ({
    what: [alreadyRunning(executionArn, facts)],
    next: [
      'Let it go on. This shows how it stands:',
      commands.describeExecution(executionArn),
      'If it must not go on, stop it:',
      commands.stopExecution(executionArn),
      'Then start again. It may be refused for three minutes at most, while a step is still at work:',
      commands.startRotation(facts.input.userName, facts.input.action === 'resume' ? 'resume' : undefined),
    ],
  }),
  'another-user': ({ formerUserId }, { input, enrolled: { userName, secretId }, userId, holder }) => ({
    what: [
      `The IAM user ${userName} was deleted and created again while a rotation was unfinished.`,
      `The rotation was for the former user (${formerUserId}). The user is ${userId} now.`,
    ],
    next: [
      'Remove the lock of the unfinished rotation:',
      ...(holder === undefined ? [] : [commands.removeLabel(secretId, LABELS.pending, holder.versionId)]),
      `Put a key of the new user into AWSCURRENT of ${secretId}. Or store a value without a key, which drops all its other fields:`,
      commands.emptySecret(secretId),
      ...startAgain(input),
    ],
  }),
  'nothing-to-roll-back': ({ left, current }, { input: { userName }, enrolled: { secretId } }) => {
    const kept = explainLeft(left, userName);
    const read = explainRead(current, { userName, secretId });
    return {
      what: [
        `No rotation of ${userName} is unfinished: there is nothing to roll back.`,
        ...kept.what,
        ...read.what,
      ],
      next: [...kept.next, ...read.next],
    };
  },
  'no-way-back': ({ obstacle }, { input: { userName } }) => {
    const { what, next } = explainRollbackObstacle(userName, obstacle);
    return obstacle.code === 'leaked' && !obstacle.isInactive
      ? {
          what,
          next: [
            ...next,
            'If the execution that retires the leaked key has ended, start it again:',
            commands.startRotation(userName),
          ],
        }
      : { what, next };
  },
  'retired-already': ({ accessKeyId, executionArn }, { input, keys }) => ({
    what: [
      `The leaked key ${accessKeyId} of ${input.userName} is being retired already, by the execution ${executionArn}.`,
    ],
    urgency:
      findKey(keys, accessKeyId)?.status === 'Active'
        ? leakIsOpen(accessKeyId, 'IS')
        : { urgent: false, why: 'That execution says when the leaked key is Inactive.' },
    next: [
      'Watch that execution:',
      commands.describeExecution(executionArn),
      'If an outage is better than waiting for it, declare the emergency with one:',
      commands.declareEmergency(input.userName, accessKeyId, input.reason ?? '', { outage: 'accepted' }),
    ],
    section: 'A key has leaked',
  }),
  'unknown-leak': ({ accessKeyId }, { input }) => ({
    what: [
      `${input.userName} has no access key ${accessKeyId}, which was declared as leaked.`,
      'It was deleted, it is of another user, or its ID was mistyped.',
    ],
    title: 'the user has no such leaked key',
    urgency: { urgent: true, why: 'A key was declared as leaked, and nothing was done about it.' },
    next: [
      'Compare the whole ID with the keys of the user:',
      commands.listAccessKeys(input.userName),
      'If the ID was mistyped, or the key is of another user, declare the emergency again with the right ID and user.',
      'If the key was deleted, nobody can use it any more. But sessions obtained with it may still work: end them, as the runbook says.',
    ],
    section: 'End sessions already obtained with a key',
  }),
  'foreign-leak': ({ accessKeyId }, facts) => explainForeignLeak(accessKeyId, facts),
  'ambiguous-keys': (_why, { input, enrolled: { userName, secretId }, keys }) => {
    const accessKeyIds = keys.map((key) => key.accessKeyId);
    return {
      what: [
        `${userName} has ${keys.length} access keys, and the secret ${secretId} holds none of them.`,
        'Nothing tells which one is in use.',
      ],
      next: [
        ...lookUpUses(accessKeyIds),
        `Put the one that is in use into ${secretId}. If both are, choose one, and move all programs to it.`,
        ...retireUnused(userName, accessKeyIds),
        ...startAgain(input),
      ],
    };
  },
  'key-gone-and-no-room': ({ accessKeyId }, { input, enrolled: { userName, secretId }, keys }) => {
    const accessKeyIds = keys.map((key) => key.accessKeyId);
    return {
      what: [
        `The secret ${secretId} holds ${accessKeyId}, which ${userName} does not have.`,
        `${userName} has ${keys.length} other keys, and AWS allows two: there is no room for a new one.`,
      ],
      urgency: consumersFail('Programs that read the secret get a key that AWS refuses.'),
      next: [...lookUpUses(accessKeyIds), ...retireUnused(userName, accessKeyIds), ...startAgain(input)],
    };
  },
  'other-keys': ({ accessKeyId, others }, { input, enrolled: { userName }, keys }) => ({
    what: [
      `Programs read ${accessKeyId} from the secret.`,
      `${userName} also has ${others.join(' and ')}, which is not in the secret and was not created by this rotation.`,
      'AWS allows two keys: there is no room for a new one.',
    ],
    title: 'an unknown second key is in the way',
    urgency:
      findKey(keys, accessKeyId)?.status === 'Inactive'
        ? consumersFail('Programs that read the secret get a key that is Inactive.')
        : {
            urgent: false,
            why: `That is, if you know who created ${others.join(' and ')}. If you do not, take it for an intruder's: set it Inactive at once, which can be undone, and look afterwards.`,
          },
    next: [...others.flatMap((other) => retireUnknown(userName, other)), ...startAgain(input)],
  }),
};

const explainRefusedUser = (
  why: Extract<RefusalWhy, { readonly code: 'another-secrets' | 'no-room-for-mark' }>,
  { userName, action }: RotationInput,
): Said => explainOwnership(why, userName, [], action === 'resume' ? action : undefined);

const explainForeignLeak = (accessKeyId: string, { input, enrolled, ownership, keys }: PlanFacts): Said => {
  const { userName } = input;
  const what = [
    `The key ${accessKeyId} of ${userName} has leaked, and this rotation does not manage it.`,
    `It is not in the secret ${enrolled.secretId}, and no rotation of the user deals with it.`,
  ];
  const section = 'A key has leaked';
  const title = 'the leaked key is not in the secret';
  if (findKey(keys, accessKeyId)?.status !== 'Active') {
    return {
      title,
      what,
      urgency: { urgent: false, why: 'The leaked key is not Active.' },
      next: ['Go through the rest of what the runbook says of a leaked key.'],
      section,
    };
  }
  return {
    title,
    what,
    urgency: leakIsOpen(accessKeyId, 'IS'),
    next: [
      ...(ownership.kind === 'other'
        ? [
            `The user belongs to ${describeOwner(ownership.owner)}. Declare the emergency there: programs get another key first.`,
            'If that takes too long, or the key is not in that secret either, set it Inactive now:',
          ]
        : ['Set it Inactive now:']),
      commands.setKeyStatus(userName, accessKeyId, 'Inactive'),
      'Then go through the rest of what the runbook says of a leaked key.',
    ],
    section,
  };
};

const explainLeft = (left: LeftBehind, userName: string): Explained => {
  switch (left.code) {
    case 'inactive':
      return {
        what: [`${left.accessKeyId} is Inactive. It may be the old key of a rotation that gave up.`],
        next: [
          `If ${left.accessKeyId} is that, and has not leaked, set it Active:`,
          commands.setKeyStatus(userName, left.accessKeyId, 'Active'),
        ],
      };
    case 'active':
      return {
        what: [
          `${left.accessKeyIds.join(' and ')} is Active: programs that still hold this key can go on with it.`,
        ],
        next: [],
      };
    case 'none':
      return {
        what: [
          `${userName} has no other key: no rotation has run yet, or the last one is complete. A deletion is final.`,
        ],
        next: [],
      };
  }
};

const explainRead = (
  current: Extract<RefusalWhy, { code: 'nothing-to-roll-back' }>['current'],
  { userName, secretId }: { readonly userName: string; readonly secretId: string },
): Explained => {
  switch (current.kind) {
    case 'unreadable':
      return {
        what: [`AWSCURRENT of ${secretId} cannot be understood: ${describeProblem(current.problem)}.`],
        next: ['Correct AWSCURRENT, so that programs can read it.'],
      };
    case 'no-key':
      return {
        what: [`AWSCURRENT of ${secretId} holds no key.`],
        next: ['Put the key that is in use into the secret.', ...startAnother(userName, 'If nobody has it')],
      };
    case 'access-key':
      return {
        what: [`AWSCURRENT of ${secretId} holds ${current.accessKeyId}.`],
        next: [
          'Make the programs read the secret again.',
          ...startAnother(userName, `If ${current.accessKeyId} itself is the trouble`),
        ],
      };
  }
};
