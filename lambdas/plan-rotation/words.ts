import type { DeactivationWindow, EnrolledUser } from '../shared/contract/enrolment';
import { LABELS, OWNERSHIP_TAG, PAUSE_TAG } from '../shared/contract/names';
import { DRAIN_SECONDS } from '../shared/contract/timing';
import type { Health } from '../shared/findings/health';
import { findKey } from '../shared/findings/situation';
import type { AlarmReading } from '../shared/gateways/alarm-gateway';
import type { FunctionReading } from '../shared/gateways/function-gateway';
import type { LastUse } from '../shared/gateways/iam-gateway';
import type { RotationInput } from '../shared/rotation/rotation-state';
import { someOf } from '../shared/text/bounded';
import * as commands from '../shared/text/commands';
import { type Advice, listOf, type Said, toSaid, type Urgency } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { startedWith, userNameIn } from '../shared/words/explanation';
import { describeHealth } from '../shared/words/health';
import { describeUse } from '../shared/words/last-use';
import { ifAnOutageIsBetter, leakIsOpen } from '../shared/words/leak';
import { describeOwner, explainOwnership } from '../shared/words/ownership';
import { describePause } from '../shared/words/pause';
import { explainRollbackObstacle } from '../shared/words/rollback';
import { describeStranger } from '../shared/words/stranger';
import type {
  ByHand,
  LeftBehind,
  NothingToDoWhy,
  Plan,
  PlanFacts,
  PlanWhy,
  RefusalWhy,
  Start,
  StartWhy,
} from './decide';
import type { InventoryWhy, Missing, Place } from './inventory';
import type { OldKeyFate, Outlook, Preview } from './preview';

/** The words for each of some codes. */
type Words<Why extends PlanWhy> = {
  readonly [Code in Why['code']]: (
    why: Extract<Why, { readonly code: Code }>,
    facts: PlanFacts,
  ) => string | Said;
};

const UNCHANGED = 'Nothing was changed.';

/** How a person starts again what was refused. */
const startAgain = (input: RotationInput): Advice => {
  const { userName, action, trigger, accessKeyId = '' } = input;
  switch (action) {
    case 'emergency':
      return ['Then declare the emergency again:', commands.declareEmergency(userName, accessKeyId)];
    case 'rollback':
      return ['Then start the rollback again:', commands.startRotation(userName, action)];
    case 'resume':
      return ['Then resume the rotation again:', commands.startRotation(userName, action)];
    case 'plan':
      return ['Then start a rotation:', commands.startRotation(userName)];
    default:
      return [
        trigger === 'schedule'
          ? 'Then leave the rest to the schedule, or start a rotation now:'
          : 'Then start the rotation again:',
        commands.startRotation(userName),
      ];
  }
};

const startAnother = (userName: string, when: string): Advice => [
  `${when}, start a rotation, which creates a new key:`,
  commands.startRotation(userName),
];

/** Consumers that read the secret now get nothing that works. */
const consumersFail = (why: string): Urgency => ({ urgent: true, why });

const STARTS: Words<StartWhy> = {
  'first-key': (_why, { input }) => `${input.userName} has no access key yet: a first one is created.`,
  'key-not-in-secret': ({ accessKeyId }, { input }) =>
    `The key ${accessKeyId} of ${input.userName} is not in the secret yet: its successor will be.`,
  'key-only-as-login': ({ accessKeyId }, { input }) =>
    `The key ${accessKeyId} of ${input.userName} is in the secret only as a login for SES's SMTP interface: its successor will be there as a key, too.`,
  'key-gone': ({ accessKeyId }, { input }) =>
    `The secret of ${input.userName} holds ${accessKeyId}, which does not exist: a new key is created at once.`,
  'key-not-active': ({ accessKeyId, status }, { input }) =>
    `The key in the secret of ${input.userName}, ${accessKeyId}, is ${status}: a new key is created at once.`,
  'key-due': ({ accessKeyId }, { input }) => `The key ${accessKeyId} of ${input.userName} is rotated.`,
  'key-leaked': ({ accessKeyId }, { input }) =>
    `Emergency: the leaked key ${accessKeyId} of ${input.userName} is replaced and retired at once.`,
  unfinished: (_why, { input }) =>
    `The rotation of ${input.userName} goes on where an earlier execution left it unfinished.`,
  rollback: ({ accessKeyId }, { input }) =>
    `Rollback: the old key ${accessKeyId ?? ''} of ${input.userName} is brought back.`,
  'key-leaked-meanwhile': ({ accessKeyId }, { input }) =>
    `Emergency: the leaked key ${accessKeyId} of ${input.userName} is retired at once.`,
};

const alreadyRunning = (executionArn: string, { input }: PlanFacts): string =>
  `A rotation of ${input.userName} is running already: ${executionArn}.`;

/** How a person ends a pause: both may be there. */
const endPause = ({ enrolled, secret }: PlanFacts): Advice => [
  ...(secret.pauseTag === undefined
    ? []
    : ['To end the pause, remove the tag:', commands.removeTag(enrolled.secretId, PAUSE_TAG)]),
  ...(enrolled.paused === undefined
    ? []
    : ['To end the pause, remove "paused" from the user in the configuration, and deploy.']),
];

const NOTHING_TO_DO: Words<NothingToDoWhy> = {
  paused: ({ pause, isUnfinished }, facts) => ({
    what: [
      `${facts.input.userName} is ${describePause(pause)}.`,
      'No rotation starts or resumes until the pause ends.',
      ...(isUnfinished ? ['A rotation is unfinished: its keys stay as they are.'] : []),
    ],
    keys: facts.keys,
    next: endPause(facts),
  }),
  running: ({ executionArn }, facts) => alreadyRunning(executionArn, facts),
  'nothing-to-resume': (_why, { input }) =>
    `No rotation of ${input.userName} is on hold or unfinished: there is nothing to resume.`,
  'not-due': ({ due }, { input }) =>
    `The key of ${input.userName} is not due yet: it is due on ${due.toISOString()}.`,
};

const INVENTORY: Words<InventoryWhy> = {
  'strangers-key': ({ stranger }, { input, enrolled }) => {
    const { userName, secretId } = enrolled;
    return {
      what: [
        describeStranger(stranger, userName),
        `A rotation would overwrite it in the secret ${secretId}. Its readers would lose it.`,
      ],
      next: [
        `If the secret is somebody else's, give ${userName} another one: set existingSecret in the configuration, and deploy.`,
        `If the key does not belong there, put the key of ${userName} into the secret. Or store a value without a key, which drops all its other fields:`,
        commands.emptySecret(secretId),
        ...startAgain(input),
      ],
    };
  },
  'damaged-secret': ({ damage }, { enrolled }) => {
    const { userName, secretId } = enrolled;
    const { kind, accessKeyId, goodVersionId, currentVersionId } = damage;
    const next: Advice = [
      'Put back the version that has the key as it was stored:',
      commands.moveCurrent(secretId, { from: currentVersionId, to: goodVersionId }),
      ...startAnother(userName, 'If consumers still fail'),
      'Then find out who has edited the secret, and keep what else was changed in it.',
    ];
    return kind === 'emptied'
      ? {
          what: [
            `AWSCURRENT of the secret ${secretId} holds no key any more.`,
            `It held ${accessKeyId}, which ${userName} still has. No rotation is due that would put a key there.`,
          ],
          urgency: consumersFail('Consumers that read the secret now get no key.'),
          next,
        }
      : {
          what: [
            `AWSCURRENT of the secret ${secretId} holds the key ${accessKeyId} of ${userName} with a wrong secret access key.`,
            'It is another one than was stored for this key. No rotation is due that would replace it.',
          ],
          urgency: consumersFail('AWS refuses what consumers sign with the key that they read now.'),
          next,
        };
  },
  'broken-replicas': ({ missing, failed }, { input, enrolled }) => ({
    what: [
      ...(missing.length > 0
        ? [
            `The secret ${enrolled.secretId} of ${enrolled.userName} has no replica in ${missing.join(', ')}, where the configuration wants one.`,
            'It was promoted or removed.',
          ]
        : []),
      ...(failed.length > 0
        ? [
            `The secret ${enrolled.secretId} of ${enrolled.userName} has a replica that failed, in ${failed.join(', ')}.`,
          ]
        : []),
      'After a rotation, consumers there would read the old key until it fails.',
    ],
    next: [
      'See what AWS says of the replicas:',
      commands.describeSecret(enrolled.secretId),
      'Bring the replica up again, as the runbook says, or take its Region out of replicaRegions and deploy. A replica that was promoted is a secret of its own: move its consumers first, and delete it.',
      ...startAgain(input),
    ],
    section: 'Repair a replica',
  }),
  'missing-alarms': ({ alarms: missing }, { input, enrolled }) => ({
    what: [
      `These healthAlarms of ${enrolled.userName} cannot be asked: ${someOf(missing.map(describeMissing))}.`,
      'No old key is set Inactive before each of them is OK, so a rotation would only wait.',
    ],
    next: [
      'Create the alarm, or correct healthAlarms in the configuration and deploy.',
      ...(missing.some(({ problem }) => problem !== undefined)
        ? [
            'If an alarm cannot be read, see which policy keeps the role of plan-rotation from cloudwatch:DescribeAlarms.',
          ]
        : []),
      ...startAgain(input),
    ],
  }),
  'missing-validator': ({ validator: { name, problem } }, { input, enrolled }) => ({
    what: [
      problem === undefined
        ? `The validator of ${enrolled.userName} does not exist in this account and Region: ${name}.`
        : `AWS does not let plan-rotation see whether the validator of ${enrolled.userName} exists (${problem}): ${name}.`,
      'No old key is set Inactive before the validator has agreed, so a rotation would only wait.',
    ],
    next: [
      problem === undefined
        ? 'Create the function, or correct validator in the configuration and deploy.'
        : 'See which policy keeps the role of plan-rotation from lambda:GetFunctionConcurrency on it. Or correct validator in the configuration, and deploy.',
      ...startAgain(input),
    ],
  }),
};

const describeMissing = ({ name, problem }: Missing): string =>
  problem === undefined
    ? `${name} (there is no such metric alarm in this account and Region)`
    : `${name} (it cannot be read: ${problem})`;

const onHold = ({ input: { userName } }: PlanFacts): Said => ({
  what: [
    `The rotation of ${userName} is on hold.`,
    'It was rolled back, or nobody agreed to the deactivation of the old key in time.',
  ],
  next: ['When the consumers are well, resume the rotation:', commands.startRotation(userName, 'resume')],
});

/** When each of these keys was last used. */
const lookUpUses = (accessKeyIds: readonly string[]): Advice => [
  accessKeyIds.length === 1 ? 'See when that key was last used:' : 'See when each key was last used:',
  ...accessKeyIds.map(commands.lastUseOfKey),
];

const deleteUnused = (userName: string, accessKeyIds: readonly string[]): Advice =>
  accessKeyIds.flatMap((accessKeyId) => [
    `If nothing uses ${accessKeyId}, delete it:`,
    commands.deleteKey(userName, accessKeyId),
  ]);

const REFUSALS: Words<RefusalWhy> = {
  ...INVENTORY,
  'on-hold': (_why, facts) => onHold(facts),
  'another-secrets': (why, { input }) => explainRefusedUser(why, input),
  'no-room-for-mark': (why, { input }) => explainRefusedUser(why, input),
  'scheduled-for-deletion': (_why, { input, enrolled: { userName, secretId } }) => ({
    what: [`The secret ${secretId} of ${userName} is scheduled for deletion.`],
    // AWS Secrets Manager API Reference, DeleteSecret: until it is restored, its value cannot be retrieved.
    urgency: consumersFail('Consumers cannot read a secret that is scheduled for deletion.'),
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
    urgency: consumersFail('Consumers that read the secret now get no key.'),
    next: [
      'Put AWSCURRENT on the version that consumers should read. These are the versions:',
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
      'Some minutes later, start again:',
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
  'retired-already': ({ accessKeyId, executionArn }, { input }) => ({
    what: [
      `The leaked key ${accessKeyId} of ${input.userName} is being retired already, by the execution ${executionArn}.`,
    ],
    urgency: { urgent: false, why: 'That execution says when the leaked key is Inactive.' },
    next: ['Watch that execution:', commands.describeExecution(executionArn)],
    section: 'A key has leaked',
  }),
  'unknown-leak': ({ accessKeyId }, { input }) => ({
    what: [
      `${input.userName} has no access key ${accessKeyId}, which was declared as leaked.`,
      'It was deleted, it is of another user, or its ID was mistyped.',
    ],
    urgency: { urgent: true, why: 'A key was declared as leaked, and nothing was done about it.' },
    next: [
      'Compare the whole ID with the keys of the user:',
      commands.listAccessKeys(input.userName),
      'If the ID was mistyped, or the key is of another user, declare the emergency again with the right ID and user.',
      'If the key was deleted, nobody can use it any more. But sessions that were obtained with it live on: end them, as the runbook says.',
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
        `Put the one that is in use into ${secretId}. If both are, choose one, and move all consumers to it.`,
        ...deleteUnused(userName, accessKeyIds),
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
      urgency: consumersFail('Consumers that read the secret get a key that AWS refuses.'),
      next: [...lookUpUses(accessKeyIds), ...deleteUnused(userName, accessKeyIds), ...startAgain(input)],
    };
  },
  'other-keys': ({ accessKeyId, others }, { input, enrolled: { userName }, keys }) => ({
    what: [
      `${userName} has another key beside ${accessKeyId}, which is in the secret: ${others.join(', ')}.`,
      'No rotation here has created it. AWS allows two keys: there is no room for a new one.',
    ],
    ...(findKey(keys, accessKeyId)?.status === 'Inactive' && {
      urgency: consumersFail('Consumers that read the secret get a key that is Inactive.'),
    }),
    next: [...lookUpUses(others), ...deleteUnused(userName, others), ...startAgain(input)],
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
  if (findKey(keys, accessKeyId)?.status !== 'Active') {
    return {
      what,
      urgency: { urgent: false, why: 'The leaked key is not Active.' },
      next: ['Go through the rest of what the runbook says of a leaked key.'],
      section,
    };
  }
  return {
    what,
    urgency: leakIsOpen(accessKeyId, 'IS'),
    next: [
      ...(ownership.kind === 'other'
        ? [
            `The user belongs to ${describeOwner(ownership.owner)}. Declare the emergency there: consumers get another key first.`,
            'If that takes too long, or the key is not in that secret either, set it Inactive now:',
          ]
        : ['Set it Inactive now:']),
      commands.setKeyStatus(userName, accessKeyId, 'Inactive'),
      'Then go through the rest of what the runbook says of a leaked key.',
    ],
    section,
  };
};

interface Explained {
  readonly what: readonly string[];
  readonly next: Advice;
}

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
          `${left.accessKeyIds.join(' and ')} is Active: consumers that still hold this key can go on with it.`,
        ],
        next: [],
      };
    case 'none':
      return {
        what: ['The last rotation is complete: the old key was deleted, and a deletion is final.'],
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
        next: ['Correct AWSCURRENT, so that consumers can read it.'],
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
          'Make consumers read the secret again.',
          ...startAnother(userName, `If ${current.accessKeyId} itself is the trouble`),
        ],
      };
  }
};

const WORDS: Words<PlanWhy> = { ...STARTS, ...NOTHING_TO_DO, ...REFUSALS };

const explain = (why: PlanWhy, facts: PlanFacts): Said => {
  // Each code's words are for what belongs to it, which the table's type says and a look-up by code does not keep.
  const said = (WORDS[why.code] as (why: PlanWhy, facts: PlanFacts) => string | Said)(why, facts);
  return { timeZone: facts.enrolled.timeZone, ...toSaid(said) };
};

/** What a person can do at once, before what was refused. */
const withWayByHand = (said: Said, { code, accessKeyId }: ByHand, userName: string): Said => {
  const { what, next = [] } = said;
  return code === 'retire-leaked-key'
    ? {
        ...said,
        what: [
          `The leaked key ${accessKeyId} of ${userName} is still Active: it was not retired.`,
          ...listOf(what),
        ],
        urgency: leakIsOpen(accessKeyId, 'IS'),
        next: [...ifAnOutageIsBetter({ userName, accessKeyId }), ...next],
      }
    : {
        ...said,
        what: [
          `The old key ${accessKeyId} of ${userName} is still Inactive: it was not brought back.`,
          ...listOf(what),
        ],
        urgency: consumersFail('Consumers that still use the old key fail while it is Inactive.'),
        next: [
          'Bring the old key back now, by hand:',
          commands.setKeyStatus(userName, accessKeyId, 'Active'),
          ...next,
        ],
      };
};

/** Why a rotation does not start, and what to do. */
const explainRefusal = (
  { why, byHand }: Extract<Plan, { readonly kind: 'refuse' }>,
  facts: PlanFacts,
): Said => {
  if (byHand === undefined) return explain(why, facts);
  const { input } = facts;
  // A leaked key does not wait for the schedule, and nobody starts a rollback by schedule.
  const said = explain(why, { ...facts, input: { ...input, trigger: 'manual' } });
  return withWayByHand(said, byHand, input.userName);
};

const withKeys = (said: Said, { keys }: PlanFacts): Said => ({
  ...said,
  what: [...listOf(said.what), UNCHANGED],
  keys,
});

/** What a plan is, and why. */
export const say = (plan: Plan, facts: PlanFacts): Said => {
  switch (plan.kind) {
    case 'stop-first': {
      const said = explain(plan.why, facts);
      return {
        ...said,
        what: [...listOf(said.what), `The execution ${plan.executionArn} is stopped for it.`],
      };
    }
    case 'refuse':
      return withKeys(explainRefusal(plan, facts), facts);
    case 'on-hold':
      return withKeys(explain(plan.why, facts), facts);
    default:
      return explain(plan.why, facts);
  }
};

/** Said before an emergency begins: whom it will hit. Follows the plan. */
export const warnOfOutage = (said: Said, use: LastUse): Said => ({
  ...said,
  what: [
    ...listOf(said.what),
    `The leaked key was last used: ${describeUse(use)}.`,
    'Consumers that still hold it fail from its deactivation until they read the secret again. Clients that cache it take up to an hour.',
  ],
});

/** What a plan that is only shown says: the verdict, the keys, what would happen when, and what is watched. */
export const sayPreview = (seen: Preview, facts: PlanFacts, outlook: Outlook): Said => {
  const { timeZone } = facts.enrolled;
  const keys = describeKeys(facts, outlook);
  if (seen.kind === 'does-not-start') {
    const { what, next } = explainObstruction(seen.plan, facts);
    return { timeZone, what: [ONLY_A_PLAN, ...what, ...keys], next };
  }
  const bySchedule = describeSchedule(seen.bySchedule, facts);
  return {
    timeZone,
    what: [
      ONLY_A_PLAN,
      `A rotation of ${facts.input.userName} would start if a person started it now.`,
      ...listOf(say(seen.plan, facts).what),
      ...describeObstructions(facts, outlook.health),
      ...bySchedule.what,
      ...keys,
      ...describeCourse(seen, facts, outlook),
      ...describeWatch(facts, outlook.health),
    ],
    next: bySchedule.next,
  };
};

const ONLY_A_PLAN = 'This is only a plan: nothing was changed.';

/** Why nothing would start. */
const explainObstruction = (plan: Exclude<Plan, Start>, facts: PlanFacts): Explained => {
  const { userName } = facts.input;
  const { what, next = [] } = plan.kind === 'refuse' ? explainRefusal(plan, facts) : explain(plan.why, facts);
  const verdict =
    plan.kind === 'refuse'
      ? `A rotation of ${userName} would not start: it would end in ${plan.error}.`
      : `A rotation of ${userName} would not start.`;
  return { what: [verdict, ...listOf(what)], next };
};

const describeSchedule = (plan: Plan, facts: PlanFacts): Explained => {
  switch (plan.kind) {
    case 'refuse': {
      const { what, next = [] } = explainRefusal(plan, facts);
      return {
        what: [`The schedule would not start it now, but end in ${plan.error}.`, ...listOf(what)],
        next,
      };
    }
    case 'nothing-to-do':
    case 'on-hold':
      return {
        what: ['The schedule would not start it now.', ...listOf(explain(plan.why, facts).what)],
        next: startNow(facts),
      };
    default:
      return { what: ['The schedule would start it now, too.'], next: startNow(facts) };
  }
};

const startNow = ({ input }: PlanFacts): Advice => [
  'This starts it now:',
  commands.startRotation(input.userName),
];

const describeKeys = ({ keys, input }: PlanFacts, { uses }: Outlook): readonly string[] =>
  keys.length === 0
    ? [`${input.userName} has no access key.`]
    : keys.map(
        ({ accessKeyId, status, createDate }) =>
          `${accessKeyId} is ${status}, was created on ${createDate.toISOString()}, and was last used: ` +
          `${describeUse(uses.get(accessKeyId))}.`,
      );

/** What would keep the old key Active at present. */
const describeObstructions = ({ enrolled, secret }: PlanFacts, health: Health): readonly string[] => [
  ...(enrolled.healthAlarms.length === 0 || health.kind === 'healthy'
    ? []
    : [
        `IN THE WAY: the health alarms are not all OK (${describeHealth(health)}). Until they are, no key is set Inactive or deleted.`,
      ]),
  ...(secret.laggingReplicas.length === 0
    ? []
    : [
        `IN THE WAY: replicas of the secret are not in sync: ${secret.laggingReplicas.join(', ')}. Until they are, no key is set Inactive or deleted.`,
      ]),
];

/** What would happen, and when. */
const describeCourse = (
  { plan, oldKey, asksOwner }: Extract<Preview, { readonly kind: 'starts' }>,
  facts: PlanFacts,
  { validator }: Outlook,
): readonly string[] => [
  ...(plan.predecessorVersionId === null
    ? [`A new key would be created, tested and published in ${facts.enrolled.secretId} within minutes.`]
    : [
        `${DRAIN_SECONDS} seconds or more after the last execution has ended, the rotation would go on from what is there.`,
        'A wait that it was in begins anew.',
      ]),
  ...describeClaim(facts),
  ...describeFate(oldKey, facts.enrolled),
  ...(asksOwner ? describeAsked(facts.enrolled, validator) : []),
];

/** What keeps, or does not keep, another stack or Region from rotating the same user. */
const describeClaim = ({ ownership: { kind } }: PlanFacts): readonly string[] => {
  switch (kind) {
    case 'unmarked':
      return [
        `The user would be marked as this secret's, with the tag ${OWNERSHIP_TAG}, so that no other stack or Region rotates it.`,
      ];
    case 'off':
      return ['ownershipMark is off: nothing keeps another stack or Region from rotating the same user.'];
    default:
      return [];
  }
};

/** `MON` as a person reads it. */
const dayName = (day: string): string => `${day.slice(0, 1)}${day.slice(1).toLowerCase()}`;

const describeWindow = (window: DeactivationWindow, timeZone: string): string =>
  window === 'always'
    ? 'at any hour'
    : `on ${window.days.map(dayName).join(', ')} from ${window.from} to ${window.to} ${timeZone}`;

const describeFate = (fate: OldKeyFate, enrolled: EnrolledUser): readonly string[] => {
  const recovery = sayDuration(enrolled.recoveryPeriod);
  switch (fate.code) {
    case 'none':
      return [];
    case 'not-active':
      return [
        `${fate.accessKeyId} is ${fate.status} already. It would be deleted ${recovery} later at the earliest.`,
      ];
    case 'leaked':
      return [
        `${fate.accessKeyId} has leaked. It would be set Inactive at once, without waiting for anybody, and deleted ${recovery} later at the earliest.`,
      ];
    case 'waited-for':
      return [
        `${fate.accessKeyId} would be set Inactive ${describeWindow(enrolled.deactivationWindow, enrolled.timeZone)}, but not before ${fate.notBefore.toISOString()}.`,
        `By then it has to be unused for ${sayDuration(enrolled.quietPeriod)}, and the new key has to be in use for more than reading secrets.`,
        `It would be deleted ${recovery} after that at the earliest.`,
        `If consumers have not moved ${sayDuration(enrolled.adoptionDeadline)} after publication, ${
          enrolled.onAdoptionDeadline === 'stop'
            ? 'the rotation stops with both keys Active.'
            : 'the old key is set Inactive all the same.'
        }`,
      ];
  }
};

/** Whose agreement a rotation waits for. */
const describeAsked = (
  { validator, acknowledgement }: EnrolledUser,
  found: FunctionReading | undefined,
): readonly string[] => [
  ...(validator === undefined
    ? []
    : [`Before the deactivation, and in the recovery period, the validator ${validator} is asked.`]),
  ...(found?.state === 'unreadable'
    ? [`Lambda does not say at present whether there is such a function (${found.problem}).`]
    : []),
  ...(acknowledgement === undefined
    ? []
    : [
        `The owner has to agree to the deactivation within ${sayDuration(acknowledgement.deadline)} after being asked.`,
      ]),
];

/** What would be noticed. */
const describeWatch = ({ enrolled }: PlanFacts, health: Health): readonly string[] => {
  if (enrolled.healthAlarms.length === 0) {
    return [
      'No health alarm is configured: harm to consumers would not be noticed, and nothing would be rolled back by itself.',
    ];
  }
  return health.kind === 'healthy' ? [`These alarms are watched, and are OK: ${someOf(health.alarms)}.`] : [];
};

/* What the step finds before there is anything to decide. */

export const notEnrolled = (input: RotationInput): Said => ({
  what: [`${input.userName} is not enrolled.`, 'Nothing was changed, and no key of the user was read.'],
  next: [
    'Add the user to users in the configuration, and deploy. Upper and lower case matter.',
    ...startAgain(input),
  ],
});

export const noSuchUser = (userName: string): Said => ({
  what: [`${userName} is enrolled, but IAM has no such user.`, UNCHANGED],
  next: ['Take the user out of users in the configuration, or correct the name, and deploy.'],
});

const describePlace = ({ region, accountId }: Place): string => `${region} of the account ${accountId}`;

export const secretElsewhere = (
  { userName, secretId }: EnrolledUser,
  { there, here }: { readonly there: Place; readonly here: Place },
): Said => ({
  what: [
    `existingSecret of ${userName} is in ${describePlace(there)}: ${secretId}.`,
    `This rotation is in ${describePlace(here)}, and reaches no secret elsewhere.`,
    UNCHANGED,
  ],
  next: [
    'Name a secret of this account and Region in existingSecret, and deploy. Or enrol the user in a stack that is where the secret is.',
  ],
});

export const onlyReplicaHere = ({ userName, secretId }: EnrolledUser, primaryRegion: string): Said => ({
  what: [
    `The secret ${secretId} of ${userName} is a replica here, and nobody can write to a replica.`,
    `The secret itself is in ${primaryRegion}.`,
    UNCHANGED,
  ],
  next: [
    `Take the user out of the configuration here, and enrol it in a stack in ${primaryRegion}. Have the secret replicated to this Region.`,
  ],
});

export const noSuchSecret = ({ secretId }: EnrolledUser, input: RotationInput): Said => {
  const byHand = commands.createSecret(secretId);
  return {
    what: [`The secret ${secretId} of ${input.userName} does not exist.`, UNCHANGED],
    urgency: consumersFail('Consumers cannot read a secret that does not exist.'),
    next: [
      ...(byHand === undefined ? [] : ['If it was deleted, create it again, empty:', byHand]),
      'If there is another one for the user, correct existingSecret in the configuration, and deploy.',
      ...startAgain(input),
    ],
    section: 'Recreate a deleted secret',
  };
};

/** An alarm, or a validator, of which AWS does not say at present whether it is there. */
type Untold = Extract<AlarmReading | FunctionReading, { readonly state: 'unreadable' }>;

export const untold = (reading: Untold, userName: string): Said => ({
  what: [
    'functionArn' in reading
      ? `Lambda does not say whether there is ${reading.functionArn}, the validator of ${userName}: ${reading.problem}.`
      : `CloudWatch does not say what the alarm ${reading.name} of ${userName} is at: ${reading.problem}.`,
    UNCHANGED,
  ],
  next: [
    'This is retried for a while. If it ended the execution, start a new one:',
    commands.startRotation(userName),
  ],
});

/** What an input asks for, where it says so. */
const actionIn = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && 'action' in input ? input.action : undefined;

/** What the input may have meant. Nothing is suggested to a person who meant something else. */
const startAsMeant = (input: unknown): Advice => {
  const userName = userNameIn(input);
  const action = actionIn(input);
  if (userName === undefined) return ['Start a new execution with the userName of an enrolled user.'];
  switch (action) {
    case undefined:
    case 'rotate':
      return [
        'Correct the input, and start again. This starts a rotation:',
        commands.startRotation(userName),
      ];
    case 'resume':
    case 'rollback':
      return ['Start it again without what does not fit:', commands.startRotation(userName, action)];
    default:
      return ['Correct the input, and start again.'];
  }
};

export const badInput = (problems: string, input: unknown): Said => {
  const asked = startedWith(input).trim();
  return {
    what: [
      'The input of the execution is not what a rotation takes.',
      `What does not fit: ${problems}.`,
      ...(asked === '' ? [] : [asked]),
      UNCHANGED,
    ],
    next: [...startAsMeant(input), 'The actions, and the fields of each, are in README.md, "Operate".'],
  };
};
