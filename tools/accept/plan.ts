import { secretName } from '../../lib/config/names';

/** What is checked, in the order of the report. */
export const CHECKS = {
  contract: 'statements about AWS that the rotation relies on, put to AWS',
  rotation: 'a rotation, from the first step to the deletion of the old key',
  rollback: 'a rotation that is rolled back while the old key is Inactive',
  emergency: 'a key that is declared as leaked',
} as const;
export type Check = keyof typeof CHECKS;

/** The checks that rotate the key of a user of their own. */
const ROTATING = ['rotation', 'rollback', 'emergency'] as const satisfies readonly Check[];
export type RotatingCheck = (typeof ROTATING)[number];

export const isRotating = (check: Check): check is RotatingCheck =>
  (ROTATING as readonly Check[]).includes(check);

/** How every name begins that a run gives, whatever its ID is. */
export const NAME_BEGINNING = 'rotation-acceptance-';

/** The tag of a run's users: its value is the Region of the run's stack. */
export const REGION_TAG = 'rotation-acceptance';

/** The name of the rotation behind the prefix. */
const ROTATION_NAME = 'IamAccessKeyRotation';

/** What a run calls its things. */
export interface Names {
  readonly id: string;
  /** How every name of the run begins. */
  readonly prefix: string;
  readonly stack: string;
  readonly queue: string;
}

/** The names of a run. */
export const namesOf = (id: string): Names => {
  const prefix = `${NAME_BEGINNING}${id}-`;
  return { id, prefix, stack: `${prefix}${ROTATION_NAME}`, queue: `${prefix}inbox` };
};

/** The IDs of the runs of which something is there, in the order of their first thing. */
export const idsIn = (names: readonly string[]): readonly string[] => [
  ...new Set(
    names.flatMap(
      (name) => new RegExp(`(?<![0-9a-z-])${NAME_BEGINNING}([0-9a-f]{6})-`).exec(name)?.[1] ?? [],
    ),
  ),
];

/** A user whose key is rotated, and the secret of the key. */
export interface Person {
  readonly userName: string;
  readonly secretId: string;
}

/** The user of a check. */
export const personOf = ({ prefix }: Names, check: RotatingCheck): Person => {
  const userName = `${prefix}${check}`;
  return { userName, secretId: secretName(userName, prefix) };
};

/** How long things take where the run is. */
export interface Pace {
  /** How long a change may take until it shows. AWS promises no bound. */
  readonly patienceSeconds: number;
  /** The same for a statement. One that an emulator is known not to keep takes all of it. */
  readonly statementPatienceSeconds: number;
  /** How long a removal waits before it looks again. */
  readonly pollMs: number;
  /** How long both keys are Active. */
  readonly overlapSeconds: number;
  /** How long the old key of the rotation is Inactive: time enough to pause the rotation for a look. */
  readonly recoverySeconds: number;
}

/** IAM needs seconds until a change holds everywhere. */
export const PACE_OF_AWS: Pace = {
  patienceSeconds: 120,
  statementPatienceSeconds: 120,
  pollMs: 2_000,
  overlapSeconds: 180,
  recoverySeconds: 180,
};

/** An emulator answers at once, unless the machine has much else to do. */
export const PACE_OF_EMULATOR: Pace = {
  patienceSeconds: 30,
  statementPatienceSeconds: 5,
  pollMs: 500,
  overlapSeconds: 6,
  recoverySeconds: 30,
};

const seconds = (count: number): string => `PT${count}S`;

/**
 * The configuration of the run's stack. Every period is as short as force allows. The rotation of a user without consumers has nobody
 * to wait for: idleAfter is short, so that the old key counts as unused, and if IAM shows its use all the same, the deadline decides.
 *
 * @param checks - Whose users are enrolled.
 */
export const configurationOf = (
  names: Names,
  place: { readonly account: string; readonly region: string },
  pace: Pace,
  checks: readonly RotatingCheck[] = ROTATING,
): object => ({
  deployment: {
    namePrefix: names.prefix,
    tags: { [REGION_TAG]: names.id },
    removalPolicy: 'destroy',
    logRetentionDays: 1,
    auditRetentionDays: 1,
    // No stack in another Region.
    forwardExposedKeys: false,
  },
  defaults: {
    overlapPeriod: seconds(pace.overlapSeconds),
    noticeBefore: 'PT0S',
    quietPeriod: 'PT2S',
    idleAfter: 'PT2S',
    adoptionDeadline: `PT${pace.overlapSeconds + 120}S`,
    onAdoptionDeadline: 'go-on',
    adoptionCheckInterval: 'PT2S',
    healthCheckInterval: 'PT2S',
    deactivationWindow: 'always',
    recoveryPeriod: 'PT1H',
  },
  stacks: [
    {
      stackName: ROTATION_NAME,
      ...place,
      users: checks.map((check) => ({
        userName: personOf(names, check).userName,
        ...(check === 'rotation' && { recoveryPeriod: seconds(pace.recoverySeconds) }),
        force: true,
      })),
    },
  ],
});

/** What a run creates, and what that costs: what a person agrees to. */
export const creations = (
  names: Names,
  { account, region }: { readonly account: string; readonly region: string },
  checks: readonly Check[],
): readonly string[] => {
  const rotating = checks.filter(isRotating);
  return [
    `Account ${account}, ${region}. This run creates there, and removes again:`,
    ...(rotating.length > 0
      ? [
          `- the stack ${names.stack}, with functions, two state machines, roles, topics, queues, alarms, schedules and logs`,
          `- ${rotating.length} IAM ${rotating.length === 1 ? 'user' : 'users'} without any permission, with keys and a secret each: ${rotating.map((check) => personOf(names, check).userName).join(', ')}`,
          `- the queue ${names.queue}, which is subscribed to the stack's topic`,
        ]
      : []),
    ...(checks.includes('contract')
      ? [
          '- for the statements: users, roles, secrets, alarms, topics, queues, rules, schedules, a state machine and logs, called iam-access-key-rotation-contract-*, each for seconds',
        ]
      : []),
    'Every name begins so that it cannot be that of anything of yours; nothing else is changed. By estimate it costs a few cents, and less than 1 USD.',
    ...(rotating.length > 0
      ? [
          'What stays: the code of the functions in the bucket of the CDK bootstrap, metrics, and events in CloudTrail.',
        ]
      : []),
  ];
};

/** What a run with these checks does not show, whatever its verdict is. */
export const notShown = (checks: readonly Check[], leftOut: readonly string[]): readonly string[] => [
  ...(checks.some(isRotating)
    ? [
        'That consumers who move are seen: IAM shows the use of a key late, often after hours. These users have no consumers, so adoption was settled without proof of use.',
        'Long periods, notices, deactivation windows, schedules and the survey: every period was as short as force allows.',
        'Health alarms, validators, mails and chat. Messages were read from a queue.',
        'What another Region does: events of exposed keys were not forwarded.',
      ]
    : []),
  ...(checks.includes('emergency')
    ? [
        'What a leaked key did, which CloudTrail shows after minutes, and the deletion of the leaked key after the recovery period.',
      ]
    : []),
  ...(leftOut.length > 0 ? [`Statements whose answer takes hours: ${leftOut.join(', ')}.`] : []),
  ...(Object.keys(CHECKS) as Check[])
    .filter((check) => !checks.includes(check))
    .map((check) => `Not asked for: ${CHECKS[check]} (${check}).`),
];
