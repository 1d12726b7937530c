import { PAUSE_TAG } from '../shared/contract/names';
import type { SurveyedUser } from '../shared/contract/survey';
import { URGENT_MARK } from '../shared/contract/told';
import { anchorOf } from '../shared/text/anchor';
import { oneLine } from '../shared/text/bounded';
import {
  type Command,
  describeExecution,
  lastUseOfKey,
  listAccessKeys,
  listSubscriptions,
  removeTag,
  setKeyStatus,
  showAlarms,
  showLabels,
  showReplicas,
  showSchedule,
  startRotation,
} from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import type { Advice, Urgency } from '../shared/text/said';
import { commandPlaceOf, LONGEST_SUBJECT, mailOf, type Parts, whoAndWhere } from '../shared/words/message';
import { describePause } from '../shared/words/pause';
import { TITLES } from '../shared/words/titles';
import {
  type Check,
  type Finding,
  isUrgent,
  type KeyReport,
  needsAttention,
  type RotationReport,
  type SurveyReport,
  type UserReport,
  type Wrong,
} from './decide';
import type { Stage } from './limits';
import type { Problem } from './reading';

/** What the words need to know of the stack, to name it and to write commands. */
export interface Place {
  readonly stateMachineArn: string;
  readonly scheduleGroup: string;
  readonly topicArn: string;
  readonly users: readonly SurveyedUser[];
  /** Address of the runbook, without a section. */
  readonly runbookUrl: string;
}

/** So many users are enough to begin with. The record of the survey in the log has all of them. */
const MOST_USERS = 20;

/** The mail says it in the time zone of its reader. */
const at = (date: Date): string => date.toISOString();

const period = (days: number): string => (days === 1 ? '1 day' : `${Math.floor(days)} days`);

const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  starting: 'has not created its new key',
  testing: 'tests its new key',
  adoption: 'waits for consumers to move to the new key',
  recovery: 'waits with the old key Inactive',
  rollback: 'brings the old key back',
};

/** What is wrong, as a sentence. */
const sayWrong = (why: Wrong): string => {
  switch (why.code) {
    case 'no-such-user':
      return 'IAM has no user of this name.';
    case 'overdue':
      return `The key ${why.accessKeyId} is ${period(why.ageDays)} old. With every wait as long as it may be, it should have been replaced after ${period(why.allowedDays)}.`;
    case 'no-secret':
      return 'There is no secret of this name.';
    case 'secret-deleted':
      return 'The secret is scheduled for deletion: nobody can read it.';
    case 'no-current':
      return 'No version of the secret is AWSCURRENT: consumers read nothing.';
    case 'key-gone':
      return 'AWSCURRENT HOLDS A KEY THAT THE USER DOES NOT HAVE: programs that read it fail.';
    case 'key-not-active':
      return `AWSCURRENT HOLDS THE KEY ${why.accessKeyId}, WHICH IS ${why.status.toUpperCase()}: programs that read it fail. Unless that is on purpose, set it Active again.`;
    case 'stuck':
      return `The rotation ${STAGE_NAMES[why.stage]} since ${at(why.since)}. It should have gone on by ${at(why.until)}.`;
    case 'abandoned':
      return `A rotation is unfinished, and since ${at(why.since)} no execution has taken it up.`;
    case 'unmanaged':
      return `No rotation looks after ${why.accessKeyIds.join(' and ')}, and the secret does not hold ${why.accessKeyIds.length === 1 ? 'it' : 'them'}. The next rotation refuses to begin.`;
    case 'replicas':
      return `Replicas are not in sync (${why.replicas.join(', ')}): what consumers read there may be an old key.`;
    case 'alarms-missing':
      return `Health alarms are not there: ${why.names.map(oneLine).join(', ')}. No rotation begins.`;
    case 'schedule-missing':
      return 'The schedule that starts rotations is not there: no key is replaced any more.';
    case 'schedule-disabled':
      return 'The schedule that starts rotations is disabled: no key is replaced any more.';
    case 'nobody-subscribed':
      return 'Nobody has confirmed a subscription to the topic: messages reach nobody.';
    case 'unconfirmed':
      return `Subscriptions that nobody has confirmed: ${why.protocols.join(', ')}. SNS drops them after some days.`;
  }
};

const CHECK_NAMES: Readonly<Record<Check, string>> = {
  'key-age': 'how old its keys are',
  current: 'which key AWSCURRENT holds',
  rotation: 'what its rotation is at',
  'other-keys': 'whether there are keys that nothing looks after',
  replicas: 'whether replicas are in sync',
  'health-alarms': 'whether its health alarms are there',
  schedule: 'whether its schedule is enabled',
  subscriptions: 'who is subscribed to the topic',
};

/** Why something is not known, as a sentence. */
const sayProblem = (unread: Problem): string => {
  switch (unread.code) {
    case 'aws':
      return `AWS says: ${oneLine(unread.answer)}`;
    case 'out-of-time':
      return 'There was no time left to ask.';
    case 'no-state':
      return 'The history of its execution shows no state yet.';
    case 'state-not-understood':
      return 'The history of its execution has a state that this release does not understand.';
    case 'change-undated':
      return 'Secrets Manager does not say when the secret was last changed.';
    case 'alarm-unreadable':
      return `The alarm ${oneLine(unread.name)} cannot be read: ${oneLine(unread.answer)}.`;
    case 'alarm-not-asked':
      return `There was no time left to ask about ${oneLine(unread.name)}.`;
  }
};

/** A finding as a sentence; undefined when there is nothing to say. */
export const say = (finding: Finding): string | undefined => {
  if (finding.verdict === 'fine') return undefined;
  if (finding.verdict === 'wrong') return sayWrong(finding.why);
  const what = CHECK_NAMES[finding.check];
  return finding.why.code === 'unread'
    ? `NOT KNOWN: ${what}. ${sayProblem(finding.why.problem)}`
    : `Nothing says ${what}: a rotation has not written it.`;
};

const sayRotation = (rotation: RotationReport): string => {
  switch (rotation.kind) {
    case 'none':
      return 'no rotation';
    case 'running':
      return `the rotation ${STAGE_NAMES[rotation.stage]}, since ${at(rotation.since)}`;
    case 'unfinished':
      return 'an unfinished rotation that nothing runs';
    case 'unknown':
      return 'not known whether a rotation is under way';
  }
};

const ROLES: Readonly<Record<KeyReport['role'], string>> = {
  current: 'in AWSCURRENT',
  rotation: 'part of the rotation',
  unmanaged: 'nothing looks after it',
  unknown: 'not known what it is for',
};

const sayKey = ({ accessKeyId, status, createDate, ageDays, role }: KeyReport): string =>
  `${accessKeyId} ${status}, created ${at(createDate)} (${period(ageDays)}), ${ROLES[role]}`;

/** The lines about a user under KEYS. */
const keyLines = ({ userName, keys, rotation, onHold, paused }: UserReport): readonly string[] => {
  const notes = [
    sayRotation(rotation),
    ...(onHold === true ? ['on hold'] : []),
    ...(paused === undefined ? [] : [describePause(paused)]),
  ];
  const listed = keys?.map((key) => `  ${sayKey(key)}`) ?? ['  keys not known'];
  return [`${userName}: ${notes.join('; ')}`, ...(listed.length === 0 ? ['  no key'] : listed)];
};

/** What helps on: a clause, and the commands that belong to it. */
type Help = readonly [clause: string, ...commands: Command[]];

/** A user whose rotations wait is not helped by a start, which would only report that they wait. */
const helpToRotate = (clause: string, { userName, secretId, onHold, paused }: UserReport): Help => {
  if (paused?.by === 'tag') {
    return ['end the pause, if its reason is gone', removeTag(secretId, PAUSE_TAG)];
  }
  if (paused !== undefined) return ['end the pause in the configuration, if its reason is gone, and deploy'];
  return onHold === true
    ? ['resume the rotation, if the reason of the hold is gone', startRotation(userName, 'resume')]
    : [clause, startRotation(userName)];
};

const helpWith = (why: Wrong, user: UserReport, { scheduleGroup, users }: Place): Help | undefined => {
  const { userName, secretId } = user;
  switch (why.code) {
    case 'key-not-active':
      return [
        'set the key Active again, unless that is on purpose',
        setKeyStatus(userName, why.accessKeyId, 'Active'),
      ];
    case 'key-gone':
    case 'no-current':
    case 'no-secret':
    case 'secret-deleted':
      return ['see which versions the secret has', showLabels(secretId)];
    case 'stuck':
      return ['see where the execution stands', describeExecution(why.executionArn)];
    case 'overdue':
      return helpToRotate('start the rotation', user);
    case 'abandoned':
      return helpToRotate('let the rotation go on', user);
    case 'unmanaged':
      return [
        'see whether anything uses what no rotation looks after',
        ...why.accessKeyIds.map(lastUseOfKey),
      ];
    case 'replicas':
      return ['see the state of the replicas', showReplicas(secretId)];
    case 'alarms-missing':
      return ['see which of the alarms are there', showAlarms(why.names)];
    case 'schedule-missing':
    case 'schedule-disabled': {
      const name = users.find((user) => user.userName === userName)?.scheduleName;
      return name === undefined ? undefined : ['look at the schedule', showSchedule(scheduleGroup, name)];
    }
    case 'no-such-user':
      return ['see what IAM says', listAccessKeys(userName)];
    default:
      return undefined;
  }
};

const adviceFor = (user: UserReport, place: Place): Advice =>
  user.findings.flatMap((finding) => {
    const help = finding.verdict === 'wrong' ? helpWith(finding.why, user, place) : undefined;
    if (help === undefined) return [];
    const [clause, ...commands] = help;
    return [`${user.userName}: ${clause}${commands.length === 0 ? '.' : ':'}`, ...commands];
  });

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What a message says of one user: what is wrong. */
const problemLines = ({ userName, findings }: UserReport): readonly string[] =>
  findings
    .map(say)
    .filter(isDefined)
    .map((sentence) => `${userName}: ${sentence}`);

/** Whoever looks after the first of them looks after the others, too, as a rule. */
const zoneOf = (first: UserReport | undefined, { users }: Place): string | undefined =>
  users.find(({ userName }) => userName === first?.userName)?.timeZone;

const EVENT = 'SurveyFindings';

const URGENT: Urgency = { urgent: true, why: 'Consumers may be reading a key that does not work.' };

/** A subject begins as all do: with the mark of urgency, and with whom it is about, if that is one user. */
const subjectOf = (
  title: string,
  stateMachineArn: string,
  { concerned, urgency }: { readonly concerned: readonly UserReport[]; readonly urgency: Urgency },
): string => {
  const [only, ...others] = concerned;
  const userName = others.length === 0 ? only?.userName : undefined;
  const mark = urgency.urgent ? URGENT_MARK : '';
  const room = LONGEST_SUBJECT - mark.length - title.length - 3;
  return `${mark}[${whoAndWhere(userName, stateMachineArn, room)}] ${title}`;
};

/** What a survey tells people. */
interface SurveyMessage {
  readonly subject: string;
  readonly body: string;
  readonly attributes: { readonly event: string; readonly urgent: 'yes' | 'no' };
}

/** The message of a survey; undefined when nobody has to look. */
export const message = (report: SurveyReport, place: Place): SurveyMessage | undefined => {
  const concerned = report.users
    .filter(needsAttention)
    .toSorted((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)));
  const general = needsAttention(report) ? report.findings.map(say).filter(isDefined) : [];
  if (concerned.length === 0 && general.length === 0) return undefined;
  const [, , , region, account, , name] = place.stateMachineArn.split(':');
  const urgency = concerned.some(isUrgent) ? URGENT : TITLES[EVENT].urgency;
  const shown = concerned.slice(0, MOST_USERS);
  const left = concerned.length - shown.length;
  const next: Advice = [
    ...(general.length > 0 ? ['See who is subscribed to the topic:', listSubscriptions(place.topicArn)] : []),
    ...shown.flatMap((user) => adviceFor(user, place)),
  ];
  const what =
    concerned.length === 0
      ? 'messages may not reach everybody'
      : `${plural(concerned.length, 'user')} to look at`;
  const title = `${TITLES[EVENT].title}: ${what} (${EVENT})`;
  const parts: Parts = {
    head: `${name}, account ${account}, ${region}: ${title}.`,
    what: [
      `The survey of ${at(report.at)} has looked at ${plural(report.users.length, 'user')}.`,
      ...general,
      ...shown.flatMap(problemLines),
      ...(left > 0 ? [`${plural(left, 'user')} more: see the record of the survey in its log.`] : []),
    ],
    urgency,
    keys: shown.length === 0 ? ['Of no user in particular.'] : shown.flatMap(keyLines),
    next: next.length === 0 ? ['See what AWS says, and which policy or service it is about.'] : next,
    more: [`Runbook: ${place.runbookUrl}#${anchorOf(EVENT)}`],
  };
  return {
    subject: subjectOf(title, place.stateMachineArn, { concerned, urgency }),
    body: mailOf(parts, commandPlaceOf(place.stateMachineArn), { timeZone: zoneOf(concerned[0], place) }),
    attributes: { event: EVENT, urgent: urgency.urgent ? 'yes' : 'no' },
  };
};

/** What Security Hub shows of a key that is overdue. */
export interface HubWords {
  readonly title: string;
  readonly description: string;
  readonly recommendation: string;
  /** Undefined: the runbook is a file of this repository, and has no address. */
  readonly url: string | undefined;
}

/** Where the finding stands among the types that Security Hub has (Security Hub User Guide, "Types taxonomy for ASFF"). */
export const HUB_TYPE = 'Software and Configuration Checks/AWS Security Best Practices';

/** Section of the runbook on what is told of an overdue key. */
const OVERDUE_SECTION = 'a-key-is-overdue';

/** What Security Hub shows of a key that is overdue: up to 256 characters, 1024 and 512 (Security Hub API, AwsSecurityFinding). */
export const hubWords = (
  user: UserReport,
  { accessKeyId, ageDays, allowedDays, status }: KeyReport,
  { runbookUrl }: Pick<Place, 'runbookUrl'>,
): HubWords => {
  const { userName } = user;
  const [clause] = helpToRotate('start the rotation', user);
  return {
    title: `An access key of the IAM user ${userName} is overdue for rotation`,
    description: `${sayWrong({ code: 'overdue', accessKeyId, ageDays, allowedDays })} It is a key of the IAM user ${userName}, and is ${status}.`,
    recommendation: `${clause.charAt(0).toUpperCase()}${clause.slice(1)}. The runbook says what may stand in the way.`,
    url: runbookUrl.startsWith('https://') ? `${runbookUrl}#${OVERDUE_SECTION}` : undefined,
  };
};

/** A finding as data, for the record and the event. What is fine is left out there. */
const asData = (finding: Finding): Readonly<Record<string, unknown>> | undefined => {
  if (finding.verdict === 'fine') return undefined;
  const { check, verdict, why } = finding;
  return { check, verdict, ...why, ...(why.code === 'unread' && { problem: sayProblem(why.problem) }) };
};

/** A finding with no more of key IDs than the last four characters. */
const masked = (data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { accessKeyId, accessKeyIds } = data;
  return {
    ...data,
    ...(typeof accessKeyId === 'string' && { accessKeyId: mask(accessKeyId) }),
    ...(Array.isArray(accessKeyIds) && { accessKeyIds: accessKeyIds.map((id) => mask(String(id))) }),
  };
};

/** What the log keeps of a survey: everybody, with the last four characters of access key IDs. */
export const recordOf = (report: SurveyReport): Readonly<Record<string, unknown>> => ({
  at: report.at.toISOString(),
  findings: report.findings.map(asData).filter(isDefined),
  users: report.users.map(({ userName, keys, rotation, onHold, paused, findings }) => ({
    userName,
    keys: keys?.map(({ accessKeyId, status, ageDays, allowedDays, role }) => ({
      accessKeyId: mask(accessKeyId),
      ...{ status, ageDays, allowedDays, role },
    })),
    rotation,
    onHold,
    ...(paused !== undefined && { paused }),
    findings: findings.map(asData).filter(isDefined).map(masked),
  })),
});

/** EventBridge takes 256 KB in a request; a finding is less than two. */
const MOST_FINDINGS = 100;

/** What the event of a survey says: the figures, what is not fine, and what people are told, if they are. */
export const eventOf = (
  report: SurveyReport,
  { stateMachineArn }: Place,
  figures: ReadonlyMap<string, number>,
  told: SurveyMessage | undefined,
): Readonly<Record<string, unknown>> => {
  const findings = [
    ...report.findings.map(asData).filter(isDefined),
    ...report.users.flatMap(({ userName, findings: ofUser }) =>
      ofUser
        .map(asData)
        .filter(isDefined)
        .map((data) => ({ userName, ...data })),
    ),
  ];
  return {
    stateMachineArn,
    surveyedAt: report.at.toISOString(),
    ...(told !== undefined && {
      subject: told.subject,
      message: told.body,
      urgent: told.attributes.urgent,
    }),
    figures: Object.fromEntries(figures),
    findings: findings.slice(0, MOST_FINDINGS),
    findingsLeftOut: Math.max(0, findings.length - MOST_FINDINGS),
  };
};
