import { CREDENTIAL_PROCESS_FIELDS, passwordFieldOf } from '../../lambdas/shared/contract/document-fields';
import { type DeactivationWindow, WEEKDAYS } from '../../lambdas/shared/contract/enrolment';
import { emergencyMachineName } from '../../lambdas/shared/contract/names';
import { VERDICT_GRACE } from '../../lambdas/shared/contract/timing';
import type { ConfigLimits, Notifications, Place, RotatedUser, RotationConfig, StackConfig } from './config';
import type { DeploymentSettings } from './deployment-settings';
import { MAX_OWNER_ADDRESSES, ownersOf } from './owners';
import { PERIODS, type Period } from './period-settings';
import { judgePlace, judgeSecretRegion, judgeTopic } from './place';
import { judgeSchedule } from './schedule-expression';
import type { Defaults, UserInput } from './schema';
import { regionOfKey } from './secret-settings';
import { fieldsOf, type Setting } from './setting';
import { nameOfSecret, regionOfSecret } from './user-settings';
import { seconds, show, spoken } from './words';

/**
 * The scheduler may start a rotation this long after the scheduled minute, so that users that share a minute
 * do not all call IAM at once: AWS does not say how many calls IAM accepts.
 */
export const FLEXIBLE_WINDOW_SECONDS = 15 * 60;

/** An owner's system that gets an event, with a person behind it or without, needs this long to answer. */
const MIN_ACKNOWLEDGEMENT_SECONDS = 60;

/** The age at which auditors, and the CIS benchmark, call an access key too old. */
const MAX_KEY_AGE_SECONDS = 90 * 86_400;

/** When clocks go back in autumn, a closed period gets this much longer. */
const CLOCK_CHANGE_SECONDS = 3_600;

/** The longest time for which the window stays closed, an upper bound. */
export const longestClosedSeconds = (window: DeactivationWindow): number => {
  if (window === 'always') return 0;
  const secondsOf = (clock: string): number => {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number);
    return (hours * 60 + minutes) * 60;
  };
  const days = WEEKDAYS.flatMap((day, index) => (window.days.includes(day) ? [index] : []));
  const [firstDay = 0] = days;
  const daysBetween = days.map((day, index) => (days[index + 1] ?? firstDay + 7) - day);
  const open = secondsOf(window.to) - secondsOf(window.from);
  return Math.max(...daysBetween) * 86_400 - open + CLOCK_CHANGE_SECONDS;
};

/** A user whose fields are each valid, to be judged as a whole. */
interface Judged {
  readonly user: RotatedUser;
  /** The user accepts values outside the recommended limits. */
  readonly forced: boolean;
  readonly limits: ConfigLimits & { readonly place: Place };
  /** Reports a field with what would be allowed. */
  readonly complain: (
    field: keyof Defaults | 'schedule' | 'existingSecret' | 'validator' | 'acknowledgement.deadline',
    allowed: string,
  ) => void;
}

const CAN_FORCE = ' Or set "force": true for this user, if you have a reason to';

const period = (user: RotatedUser, field: Period): number => seconds(user[field]);

/** How long an owner may take to acknowledge: 0 if no acknowledgement is asked for. */
const acknowledgementSeconds = ({ acknowledgement }: RotatedUser): number =>
  acknowledgement === undefined ? 0 : seconds(acknowledgement.deadline);

/** The problems of a user whose fields are each valid. */
export const judgeUser = (
  input: UserInput,
  user: RotatedUser,
  defaults: Defaults,
  at: string,
  limits: Judged['limits'],
): readonly string[] => {
  const problems: string[] = [];
  const complain: Judged['complain'] = (field, allowed) => {
    if (field === 'acknowledgement.deadline') {
      problems.push(
        `${at}.${field}: ${show(user.acknowledgement?.deadline)} was given. Allowed: ${allowed}.`,
      );
      return;
    }
    const inherited = input[field] === undefined;
    const said: Readonly<Record<string, unknown>> = defaults;
    const fromDefaults = said[field] !== undefined;
    const origin = fromDefaults ? ' (from defaults)' : ' (the default)';
    problems.push(
      `${at}.${field}: ${show(field === 'existingSecret' ? user.secretId : user[field])}${inherited ? origin : ''} was given. Allowed: ${allowed}.`,
    );
  };
  const judged: Judged = { user, forced: input.force === true, limits, complain };
  judgeLeast(judged);
  judgeDeadlines(judged);
  judgeOrder(judged);
  judgeSecret(judged);
  judgeAge(judged);
  judgeLength(judged);
  judgePlace(user, limits.place, complain);
  return problems;
};

/** Periods that have to be long enough for their purpose. */
const judgeLeast = ({ user, forced, complain }: Judged): void => {
  for (const field of fieldsOf(PERIODS)) {
    const { least }: Setting = PERIODS[field];
    if (least === undefined) continue;
    if (forced && period(user, field) < (least.forced ?? 0)) {
      complain(field, `at least ${spoken(least.forced ?? 0)}`);
    }
    if (!forced && period(user, field) < least.seconds) {
      const floor = least.forced === undefined ? '' : `: then at least ${spoken(least.forced)}`;
      complain(field, `at least ${spoken(least.seconds)}${least.because}.${CAN_FORCE}${floor}`);
    }
  }
};

const judgeDeadlines = ({ user, limits, complain }: Judged): void => {
  const earliestProof =
    Math.max(period(user, 'overlapPeriod'), period(user, 'noticeBefore'), period(user, 'quietPeriod')) +
    period(user, 'adoptionCheckInterval');
  if (period(user, 'adoptionDeadline') < earliestProof) {
    complain(
      'adoptionDeadline',
      `at least ${spoken(earliestProof)}: it counts from publication, and the longest of overlapPeriod (${user.overlapPeriod}), noticeBefore (${user.noticeBefore}) and quietPeriod (${user.quietPeriod}) plus one adoptionCheckInterval (${user.adoptionCheckInterval}) has to fit in`,
    );
  }
  if (user.acknowledgement === undefined) return;
  const within = acknowledgementSeconds(user);
  if (within < MIN_ACKNOWLEDGEMENT_SECONDS || within > limits.executionTimeoutSeconds) {
    complain(
      'acknowledgement.deadline',
      `at least ${spoken(MIN_ACKNOWLEDGEMENT_SECONDS)}, and at most ${spoken(limits.executionTimeoutSeconds)}, the time limit of an execution`,
    );
  }
};

/** Pairs of periods of which one has to be the longer. */
const judgeOrder = ({ user, forced, complain }: Judged): void => {
  if (period(user, 'idleAfter') < period(user, 'quietPeriod')) {
    complain(
      'idleAfter',
      `at least quietPeriod (${user.quietPeriod}), else a key in use could pass for an unused one`,
    );
  }
  const notice = period(user, 'noticeBefore');
  // Notice of a rotation is given when the last one is over, and the key is rotated when it has passed.
  const shortest = Math.max(period(user, 'overlapPeriod'), notice) + period(user, 'recoveryPeriod') + notice;
  if (period(user, 'rotateAfter') < shortest && !forced) {
    complain(
      'rotateAfter',
      `at least ${spoken(shortest)}: no rotation is over sooner, with the longer of overlapPeriod (${user.overlapPeriod}) and noticeBefore (${user.noticeBefore}), and with recoveryPeriod (${user.recoveryPeriod}), and notice of the next one is given after that.${CAN_FORCE}`,
    );
  }
  if (period(user, 'recoveryPeriod') < period(user, 'healthCheckInterval')) {
    complain(
      'recoveryPeriod',
      `at least healthCheckInterval (${user.healthCheckInterval}), else the old key is deleted before the first health check`,
    );
  }
};

/**
 * Each field holds one thing.
 *
 * @param others - The fields that are written besides.
 */
const judgeSesSmtp = (
  { sesSmtp }: RotatedUser,
  others: readonly string[],
  complain: Judged['complain'],
): void => {
  if (sesSmtp === undefined) return;
  const passwordFields = sesSmtp.regions.map((region) => passwordFieldOf(sesSmtp, region));
  const names = [...others, sesSmtp.userField, ...passwordFields];
  const taken = names.find((name, index) => names.indexOf(name) !== index);
  if (taken !== undefined) {
    complain('sesSmtp', `names other than ${taken}, which the document uses for something else`);
  }
};

const judgeSecret = ({ user, complain }: Judged): void => {
  const written: readonly string[] = user.document === 'credential-process' ? CREDENTIAL_PROCESS_FIELDS : [];
  const taken = Object.values(user.fieldNames ?? {}).find((name) => written.includes(name));
  if (taken !== undefined) {
    complain(
      'fieldNames',
      `names other than ${taken}, which the document uses for something else. With "document": "named-fields" you may use it`,
    );
  }
  judgeSesSmtp(user, [...written, ...Object.values(user.fieldNames ?? {})], complain);
  if (user.secretExists && user.readers.length > 0) {
    complain(
      'readers',
      'no readers beside existingSecret, because they would replace the policy of that secret. Add the readers to that policy, and set "readers": [] for this user if defaults has some',
    );
  }
  if (user.secretExists && user.denyOthers !== false) {
    complain(
      'denyOthers',
      'false beside existingSecret, because its policy would be replaced. Deny others in that policy, and set "denyOthers": false for this user if defaults has more',
    );
  }
  if (user.secretExists && user.pauseAtFirst !== false) {
    complain(
      'pauseAtFirst',
      'false beside existingSecret, because the stack does not create that secret. Set "paused" with the reason for this user, or the tag rotation-paused of the secret, and "pauseAtFirst": false if defaults has a reason',
    );
  }
  // A KMS key encrypts in its own Region only, so its ARN tells the secret's Region.
  const secretRegion = regionOfSecret(user.secretId) ?? regionOfKey(user.kmsKeyArn ?? '');
  if (secretRegion !== undefined) judgeSecretRegion(user, secretRegion, complain);
};

/**
 * The longest time between two starts of a user's schedule, in seconds; undefined for a schedule that promises none, which only
 * `force` admits.
 */
export const startsWithinSeconds = ({
  schedule,
  timeZone,
}: Pick<RotatedUser, 'schedule' | 'timeZone'>): number | undefined => {
  const judgement = judgeSchedule(schedule, timeZone);
  return judgement.kind === 'recurring' ? judgement.largestGapSeconds + FLEXIBLE_WINDOW_SECONDS : undefined;
};

/** How old a key can get before a scheduled start has replaced it. */
const judgeAge = ({ user, forced, complain }: Judged): void => {
  const judgement = judgeSchedule(user.schedule, user.timeZone);
  if (judgement.kind === 'invalid') {
    complain(
      'schedule',
      `a cron(...) or rate(...) expression of EventBridge Scheduler, such as "cron(0 9 ? * MON-FRI *)"; ${judgement.reason}`,
    );
    return;
  }
  if (forced) return;
  if (judgement.kind === 'unbounded') {
    complain('schedule', `an expression that recurs for ever; ${judgement.reason}.${CAN_FORCE}`);
    return;
  }
  const gap = judgement.largestGapSeconds + FLEXIBLE_WINDOW_SECONDS;
  const afterwards = gap + period(user, 'adoptionDeadline') + acknowledgementSeconds(user);
  if (period(user, 'rotateAfter') + afterwards > MAX_KEY_AGE_SECONDS) {
    complain(
      'rotateAfter',
      `at most ${spoken(Math.max(0, MAX_KEY_AGE_SECONDS - afterwards))}, so that no key lives for more than 90 days: the largest gap of the schedule (${spoken(gap)})${user.acknowledgement === undefined ? ' and' : ','} adoptionDeadline (${user.adoptionDeadline})${user.acknowledgement === undefined ? '' : ` and acknowledgement.deadline (${user.acknowledgement.deadline})`} are added to it.${CAN_FORCE}`,
    );
  }
};

const WITHIN_AN_EXECUTION = [
  'noticeBefore',
  'overlapPeriod',
  'quietPeriod',
  'adoptionDeadline',
  'recoveryPeriod',
  'adoptionCheckInterval',
  'healthCheckInterval',
] as const;

/** A rotation has to end within one execution. */
const judgeLength = ({ user, limits, complain }: Judged): void => {
  const timeout = limits.executionTimeoutSeconds;
  const tooLong = WITHIN_AN_EXECUTION.filter((field) => period(user, field) > timeout);
  for (const field of tooLong) complain(field, `at most ${spoken(timeout)}, the time limit of an execution`);
  const acknowledgement = acknowledgementSeconds(user);
  const closed = longestClosedSeconds(user.deactivationWindow);
  const grace = user.validator === undefined ? 0 : seconds(VERDICT_GRACE);
  const recovery = period(user, 'recoveryPeriod');
  const adoption = Math.max(period(user, 'overlapPeriod'), period(user, 'adoptionDeadline'));
  const longest = period(user, 'noticeBefore') + adoption + acknowledgement + closed + recovery + grace;
  if (tooLong.length === 0 && acknowledgement <= timeout && longest > timeout) {
    complain(
      'recoveryPeriod',
      `at most ${spoken(Math.max(0, timeout - longest + recovery))}: with noticeBefore (${user.noticeBefore}), adoptionDeadline (${user.adoptionDeadline})${user.acknowledgement === undefined ? '' : `, acknowledgement.deadline (${user.acknowledgement.deadline})`} and the longest time for which deactivationWindow is closed (${spoken(closed)}) a rotation has to end within ${spoken(timeout)}, the time limit of an execution`,
    );
  }
};

/**
 * Problems between users: one user twice, or one secret for two users.
 *
 * @param at - The field that lists them.
 */
export const judgeNeighbours = (users: ReadonlyMap<number, RotatedUser>, at: string): readonly string[] => {
  const problems: string[] = [];
  const names = new Map<string, { index: number; name: string }>();
  const secrets = new Map<string, number>();
  for (const [index, user] of users) {
    const sameName = names.get(user.userName.toLowerCase());
    if (sameName !== undefined) {
      const how = sameName.name === user.userName ? 'is' : 'differs only in case from';
      problems.push(
        `${at}[${index}].userName: ${show(user.userName)} was given. Allowed: each IAM user once, and this ${how} ${at}[${sameName.index}].userName.`,
      );
      continue;
    }
    names.set(user.userName.toLowerCase(), { index, name: user.userName });

    const secret = nameOfSecret(user.secretId);
    const sameSecret = secrets.get(secret);
    if (sameSecret !== undefined) {
      const field = user.secretExists ? 'existingSecret' : 'userName';
      const given = user.secretExists ? user.secretId : user.userName;
      problems.push(
        `${at}[${index}].${field}: ${show(given)} was given. Allowed: a secret of its own for each user, and this user's secret is that of ${at}[${sameSecret}].`,
      );
    } else {
      secrets.set(secret, index);
    }
  }
  return problems;
};

/**
 * The problems of who is told: too many owners, or a topic that is elsewhere.
 *
 * @param at - Where notifications and users are.
 */
export const judgeRecipients = (
  { emails, topicArn }: Notifications,
  users: readonly RotatedUser[],
  at: { readonly notifications: string; readonly users: string },
  place: Place,
): readonly string[] => {
  const problems: string[] = [];
  if (topicArn !== undefined) {
    judgeTopic(topicArn, place, (allowed) => {
      problems.push(`${at.notifications}.topicArn: ${show(topicArn)} was given. Allowed: ${allowed}.`);
    });
  }
  const owners = ownersOf(users, emails).length;
  if (owners > MAX_OWNER_ADDRESSES) {
    problems.push(
      `${at.users}: owners with ${owners} addresses were given. Allowed: ${MAX_OWNER_ADDRESSES} different ones in a stack, besides notifications.emails, because SNS takes no more filter policies for a topic. Let some owners share an address, or put users into another stack.`,
    );
  }
  return problems;
};

/** Whether two may be the same. What is unknown may be anything. */
const mayBeSame = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;

/** A rotation as others of its account see it. */
export type Neighbour = Pick<RotationConfig, 'users'> & {
  /** Name of its state machine. Empty: it is not known. */
  readonly name: string;
  /** Where it is, as far as that is known. */
  readonly place: Place;
  readonly deployment: DeploymentSettings;
};

/** What rotations are called where they are written, for those who read the problems. */
interface Terms {
  /** Of what there are two. */
  readonly one: string;
  /** The setting that names one. */
  readonly nameField: string;
  /** What to do if the two are in two accounts, which is not known. */
  readonly apart: string;
}

const scheduleGroupOf = ({ name, deployment }: Neighbour): string => deployment.scheduleGroupName ?? name;

/** The state machines of a rotation. */
const machinesOf = ({ name }: Neighbour): readonly string[] => [name, emergencyMachineName(name)];

/** Problems between two rotations that may be in one account, each with how it is called. */
const judgeTwo = (
  [first, firstAt]: readonly [Neighbour, string],
  [second, secondAt]: readonly [Neighbour, string],
  { one, nameField, apart }: Terms,
): readonly string[] => {
  if (!mayBeSame(first.place.account, second.place.account)) return [];
  const problems: string[] = [];
  const sameRegion = mayBeSame(first.place.region, second.place.region);
  const unknown = first.place.account === undefined || second.place.account === undefined;
  const where = unknown ? `. ${apart}` : '';
  const named = first.name !== '' && second.name !== '';
  const [group, otherGroup] = [scheduleGroupOf(first), scheduleGroupOf(second)];
  if (sameRegion && named && machinesOf(first).some((name) => machinesOf(second).includes(name))) {
    problems.push(
      `${secondAt}.${nameField}: ${show(second.name)} was given. Allowed: a name of its own for each ${one}, and ${first.name} is ${firstAt}.${nameField}: its state machines are ${machinesOf(first).join(' and ')}${where}.`,
    );
  } else if (sameRegion && group === otherGroup && group !== '') {
    problems.push(
      `${secondAt}.deployment.scheduleGroupName: ${show(otherGroup)} was given. Allowed: a group of its own for each ${one} of an account and Region, and this is that of ${firstAt}, so say it for each of them${where}.`,
    );
  }
  const names = new Map(first.users.map(({ userName }) => [userName.toLowerCase(), userName]));
  const secrets = new Map(first.users.map(({ secretId, userName }) => [nameOfSecret(secretId), userName]));
  for (const { userName, secretId } of second.users) {
    const sameName = names.get(userName.toLowerCase());
    const holder = secrets.get(nameOfSecret(secretId));
    if (sameName !== undefined) {
      problems.push(
        `${secondAt}.users: ${show(userName)} was given. Allowed: each IAM user in one ${one} of an account, and ${sameName} is in ${firstAt}.users${where}.`,
      );
    } else if (sameRegion && holder !== undefined) {
      problems.push(
        `${secondAt}.users: ${show(secretId)} was given as the secret of ${userName}. Allowed: a secret of its own for each user, and it is that of ${holder} in ${firstAt}.users${where}.`,
      );
    }
  }
  return problems;
};

const STACKS: Terms = {
  one: 'stack',
  nameField: 'stackName',
  apart: 'If the stacks are in two accounts, say "account" for each',
};

/** Problems between stacks: one name twice, or a user or a secret that two of them would rotate. */
export const judgeStacks = (stacks: readonly StackConfig[]): readonly string[] => {
  const named = stacks.map((stack, index) => [stack, `stacks[${index}]`] as const);
  return named.flatMap(([second, secondAt], index) =>
    named.slice(0, index).flatMap(([first, firstAt]) => {
      // CloudFormation knows stacks of one name in two accounts, and an app does not.
      const sameName = first.stackName !== '' && first.stackName === second.stackName;
      const name = (stack: StackConfig): string => (sameName ? '' : stack.stackName);
      return [
        ...(sameName
          ? [
              `${secondAt}.stackName: ${show(second.stackName)} was given. Allowed: a name of its own for each stack, and this is ${firstAt}.stackName.`,
            ]
          : []),
        ...judgeTwo(
          [{ ...first, name: name(first) }, firstAt],
          [{ ...second, name: name(second) }, secondAt],
          STACKS,
        ),
      ];
    }),
  );
};

const CONSTRUCTS: Terms = {
  one: 'AccessKeyRotation',
  nameField: 'rotationName',
  apart: 'If the two are in two accounts, give the stack of each its env',
};

/**
 * The problems of a construct beside another one of its app, by the rules that stacks keep.
 *
 * @param first - The one that was made before, with its path.
 */
export const judgeConstructs = (
  first: readonly [Neighbour, string],
  second: readonly [Neighbour, string],
): readonly string[] => judgeTwo(first, second, CONSTRUCTS);
