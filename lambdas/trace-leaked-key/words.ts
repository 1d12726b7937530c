import type { Made, Most, NoAnswer, Session, Trace } from '../shared/rotation/trace';
import { detachPolicy, endRoleSessions, eventsOfKey, showPolicy } from '../shared/text/commands';
import type { Advice, Said, Urgency } from '../shared/text/said';
import { endSessionsOf, sessionsUntil } from '../shared/words/retirement';
import { isComplete, isWorthTelling } from './decide';

/** What the message is about besides. */
export interface Told {
  readonly userName: string;
  /** Of the user. */
  readonly account: string;
  /** When the leaked key was not Active any more. */
  readonly containedAt: Date;
  /** When CloudTrail is asked again; undefined: it is not. */
  readonly againAt: Date | undefined;
}

/** So many of each list are in a message, which is short. All that is known is in the record. */
const MOST_SAID = 5;
/** Commands of one kind. */
const MOST_COMMANDS = 2;

const more = (there: number, shown: number): string => (there > shown ? `, and ${there - shown} more` : '');

const tallies = ({ different, most }: Most): string => {
  const shown = most.slice(0, MOST_SAID);
  return shown.map(({ name, count }) => `${name} (${count})`).join(', ') + more(different, shown.length);
};

const sayMade = ({ call, about, region, at }: Made): string =>
  `${call} in ${region}, ${at}${about.length === 0 ? '' : `: ${about.join(', ')}`}.`;

const saySession = ({ call, role, accessKeyId, expires, region, at }: Session): string =>
  `${call} in ${region}, ${at}: ${role === null ? 'a session of the user' : `the role ${role}`}, ` +
  `${accessKeyId === null ? 'key not known' : `key ${accessKeyId}`}, valid until ${expires ?? 'a time that is not known'}.`;

/** Whether a session may still work. */
const isAlive = ({ expires }: Session, until: string): boolean => expires === null || expires > until;

const sayNames = ({ accessKeyIds }: Trace): string =>
  `the leaked ${accessKeyIds.length === 1 ? 'key' : 'keys'} ${accessKeyIds.join(', ')}`;

const saySessions = (trace: Trace): readonly string[] => {
  const { sessions, until } = trace;
  if (sessions.count === 0) {
    return [
      `CloudTrail shows no session that was obtained with ${sayNames(trace)}. There may be one all the same.`,
    ];
  }
  const alive =
    sessions.latest.some((session) => isAlive(session, until)) || sessions.count > sessions.latest.length;
  const shown = sessions.latest.slice(0, MOST_SAID);
  return [
    alive
      ? `SESSIONS WERE OBTAINED with ${sayNames(trace)}, and outlive it: ${sessions.count}.`
      : `Sessions were obtained with ${sayNames(trace)}: ${sessions.count}. By their times they have expired.`,
    ...shown.map(saySession),
    ...(sessions.count > shown.length ? [`There are ${sessions.count - shown.length} more.`] : []),
  ];
};

const sayAllMade = ({ made }: Trace): readonly string[] => {
  if (made.count === 0) return ['No user, key, role, right or instance is shown that was made with it.'];
  const shown = made.latest.slice(0, MOST_SAID);
  return [
    `THIS WAS MADE with it, or got rights: ${made.count}.`,
    ...shown.map(sayMade),
    ...(made.count > shown.length ? [`There is more: ${made.count - shown.length}.`] : []),
  ];
};

const sayCalls = ({
  calls,
  first,
  last,
  addresses,
  inRegions,
  changes,
  reads,
  refused,
}: Trace): readonly string[] => [
  `Calls: ${calls}, from ${first} until ${last}.`,
  `From these addresses: ${tallies(addresses)}.`,
  `In these Regions: ${tallies(inRegions)}.`,
  ...(changes.different === 0 ? [] : [`Calls that may have changed something: ${tallies(changes)}.`]),
  ...(reads.different === 0 ? [] : [`Calls that only read: ${tallies(reads)}.`]),
  ...(refused.different === 0 ? [] : [`Calls that were refused: ${tallies(refused)}.`]),
  'Calls of programs that rightly held the key are among them. Only source address and time tell them from those of a thief.',
  "If the key was created in this time, the rotation's own test of it is among them, too: sts:GetCallerIdentity, right after its creation.",
];

const WHY: Readonly<Record<NoAnswer, string>> = {
  denied: 'denied',
  throttled: 'too many look-ups at once',
  'not-answered': 'no answer',
};

/** What cannot be seen. */
const sayUnseen = ({ regions }: Trace): readonly string[] => [
  'Not to be seen here: data events, such as reads and writes of objects in S3, and what happened in the last 5 to 15 minutes, which CloudTrail shows later.',
  ...(regions.listed
    ? []
    : [
        `AWS has not said which Regions the account has, so only ${regions.asked} ${regions.asked === 1 ? 'was' : 'were'} asked. Nobody knows what happened in the others.`,
      ]),
  ...(regions.unanswered.length === 0
    ? []
    : [
        `Regions that have not answered, or not to the end, so that nobody knows what happened there: ${tallied(
          regions.unanswered.map(({ region, why }) => `${region} (${WHY[why]})`),
        )}.`,
      ]),
  ...(regions.cut.length === 0
    ? []
    : [
        `Regions with more events than are read. Nobody knows what happened there before: ${tallied(
          regions.cut.map(({ region, back }) => `${region}, ${back}`),
        )}.`,
      ]),
];

/** A list, or the first of it and how much there is besides. */
const tallied = (items: readonly string[]): string => {
  const shown = items.slice(0, 2 * MOST_SAID);
  return shown.join('; ') + more(items.length, shown.length);
};

/**
 * AWS Managed Policy Reference, AWSCompromisedKeyQuarantine, V2, V3 and V4: what all of them deny, by kinds. Each denies more than the one
 * before it.
 */
const sayQuarantine = ({ quarantine }: Trace, userName: string): readonly string[] => {
  switch (quarantine.kind) {
    case 'attached':
      return [
        `AWS HAS RESTRICTED ${userName}: ${quarantine.policies.join(', ')} is attached to the user. IT RESTRICTS THE NEW KEY AS WELL.`,
        'As far as AWS documents it, it denies changes of users, keys, roles and policies in IAM, new instances in EC2 and Lightsail, new functions in Lambda, and more. Programs that need that fail until a person detaches it.',
      ];
    case 'not-attached':
      return [`AWS has not attached a quarantine policy to ${userName}.`];
    case 'unknown':
      return [
        `IAM has not said whether AWS has attached a quarantine policy to ${userName}. It would restrict the new key as well.`,
      ];
  }
};

const sayAgain = (trace: Trace, againAt: Date | undefined): string => {
  if (againAt === undefined) return 'This was the second look, and the last one.';
  const told = isWorthTelling(trace, trace) ? 'in any case' : 'if it shows anything else, and otherwise not';
  return `CloudTrail is asked again at ${againAt.toISOString()}. You are told then ${told}.`;
};

const sayNothing = (trace: Trace): readonly string[] => [
  `CloudTrail shows no call with ${sayNames(trace)} from ${trace.from} until ${trace.until}.`,
  'That does not mean that there was none.',
];

const urgencyOf = (trace: Trace): Urgency | undefined => {
  if (trace.sessions.count > 0 || trace.made.count > 0) return undefined;
  if (trace.quarantine.kind === 'attached') {
    return { urgent: true, why: 'AWS HAS RESTRICTED THE USER: programs may fail with the new key as well.' };
  }
  if (!isComplete(trace)) {
    return {
      urgent: true,
      why: 'Not everything could be looked at: nobody knows what the leaked key did there.',
    };
  }
  return {
    urgent: false,
    why:
      trace.calls === 0
        ? 'Nothing is shown so far, which proves nothing: do what the message before says.'
        : 'Today: see whether all the addresses are yours.',
  };
};

/** Service Authorization Reference, IAM: a role's ARN. Its name is the last part. */
const ROLE = /^arn:[\w-]+:iam::(\d{12}):role\/(?:[!-~]*\/)?([\w+=,.@-]{1,64})$/;

const endSessionsOfRoles = ({ sessions }: Trace, { account, containedAt }: Told): Advice => {
  const roles = [...new Set(sessions.latest.flatMap(({ role }) => role ?? []))];
  const ours = roles.flatMap((arn) => {
    const [, owner, name] = ROLE.exec(arn) ?? [];
    return name !== undefined && owner === account ? [name] : [];
  });
  if (roles.length === 0) return [];
  const shown = ours.slice(0, MOST_COMMANDS);
  return [
    ...shown.flatMap((name) => [
      `End the older sessions of the role ${name}. Whoever else holds one has to assume the role again:`,
      endRoleSessions(name, sessionsUntil(containedAt)),
    ]),
    ...(roles.length > shown.length
      ? [
          'End the sessions of the other roles, too, those of other accounts among them, as the runbook says ("End sessions already obtained with a key").',
        ]
      : []),
  ];
};

const lookAgain = (trace: Trace): Advice => {
  const [accessKeyId = ''] = trace.accessKeyIds;
  const region = trace.inRegions.most[0]?.name;
  const inSessions = trace.sessions.latest.flatMap((session) =>
    session.accessKeyId === null ? [] : [eventsOfKey(session.accessKeyId, session.region)],
  );
  return [
    'Look again yourself where it could not look. Change the Region in the command:',
    eventsOfKey(accessKeyId, region),
    ...(inSessions.length === 0
      ? []
      : [
          'See what was done in the sessions. This is not part of what is said above:',
          ...inSessions.slice(0, MOST_COMMANDS),
        ]),
  ];
};

const undo = ({ made }: Trace): Advice =>
  made.count === 0
    ? []
    : [
        'Delete what is not yours of what was made: users, keys and logins first, then rights, then instances and functions.',
      ];

const releaseQuarantine = ({ quarantine }: Trace, userName: string): Advice =>
  quarantine.policies
    .slice(0, MOST_COMMANDS)
    .flatMap((policyArn) => [
      'See all that the quarantine denies:',
      showPolicy(policyArn),
      'Do what the support case of AWS says. Only then, when a person has looked, detach it. The rotation never does:',
      detachPolicy(userName, policyArn),
    ]);

/** What the leaked key did, as far as it is known. */
export const sayTraced = (trace: Trace, told: Told): Said => {
  const { userName, containedAt, againAt } = told;
  return {
    what: [
      ...(trace.calls === 0
        ? sayNothing(trace)
        : [...saySessions(trace), ...sayAllMade(trace), ...sayCalls(trace)]),
      ...sayUnseen(trace),
      ...sayQuarantine(trace, userName),
      sayAgain(trace, againAt),
    ],
    urgency: urgencyOf(trace),
    next: [
      ...endSessionsOf({ userName }, sessionsUntil(containedAt)),
      ...endSessionsOfRoles(trace, told),
      ...undo(trace),
      ...lookAgain(trace),
      ...releaseQuarantine(trace, userName),
    ],
  };
};
