import { cut, LONGEST_MESSAGE, type RotationErrorName } from '../contract/errors';
import { emergencyMachineName, executionNameOf } from '../contract/names';
import { type Message, type Telling, URGENT_MARK } from '../contract/told';
import { anchorOf } from '../text/anchor';
import { oneLine } from '../text/bounded';
import { type Command, type CommandPlace, writeCommand } from '../text/commands';
import { type Advice, type KeyShown, listOf, NO_KEY, type Said, type Urgency } from '../text/said';
import { withLocalTimes } from '../text/times';
import { TITLES } from './titles';

/** Which part a key plays in the rotation. */
export interface Roles {
  readonly old?: string | null | undefined;
  readonly fresh?: string | null | undefined;
  readonly leaked?: readonly string[] | undefined;
}

/** Whom a message is about, and where. */
export interface Letterhead {
  /** Undefined when the input does not name a user in a way that is understood. */
  readonly userName: string | undefined;
  /** Undefined: no execution is about it. Then the state machine says where it is. */
  readonly executionArn: string | undefined;
  readonly roles: Roles;
  /** ARN of the state machine of the rotations. Default: that of the execution. */
  readonly stateMachineArn?: string | undefined;
  /** The step that speaks. Default: none does. */
  readonly step?: string | undefined;
  /** Address of the runbook, without a section. */
  readonly runbookUrl: string;
  /** Default: UTC. */
  readonly timeZone?: string | undefined;
  /** When it is said. */
  readonly at: Date;
  /** The user's secret, if the state names it. */
  readonly secretId?: string | undefined;
}

/** What the ARN of an execution says: Service Authorization Reference, Step Functions. */
interface Place extends CommandPlace {
  readonly partition: string;
  readonly account: string;
}

const placeOf = (executionArn: string, rotations?: string): Place => {
  const [, partition = '', , region = '', account = '', , machine = ''] = executionArn.split(':');
  const stateMachineArn = rotations ?? `arn:${partition}:states:${region}:${account}:stateMachine:${machine}`;
  return {
    partition,
    region,
    account,
    stateMachineArn,
    emergencyMachineArn: emergencyMachineName(stateMachineArn),
    nameOf: executionNameOf,
  };
};

/** Where commands of a message are to work. */
export const commandPlaceOf = (executionArn: string): CommandPlace => placeOf(executionArn);

/** AWS General Reference: domains of the console. Other partitions have others, which are not public. */
const CONSOLES: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-cn': 'console.amazonaws.cn',
};

const linkTo = (executionArn: string, { partition, region }: Place): string => {
  const domain = CONSOLES[partition];
  return domain === undefined
    ? executionArn
    : `https://${region}.${domain}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
};

/** SNS API Reference, Publish, Subject: less than 100 characters. */
export const LONGEST_SUBJECT = 99;
/** Subjects that the definition composes have a mark, brackets, and up to 36 characters besides. */
const LONGEST_PLACE = 53;

/** A text of at most so many characters. */
const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(0, most - 2))}..`;

/** For the subject: `alice @ 111122223333/us-east-1`. A long name is cut, and stands in the text as a whole. */
export const whoAndWhere = (
  userName: string | undefined,
  executionArn: string,
  most = LONGEST_PLACE,
): string => {
  const { account, region } = placeOf(executionArn);
  const where = `${account}/${region}`;
  return userName === undefined ? where : `${shortened(userName, most - where.length - 3)} @ ${where}`;
};

const subjectOf = (
  title: string,
  { event, urgent }: { readonly event: string; readonly urgent: boolean },
  { userName }: Letterhead,
  somewhere: string,
): string => {
  const mark = urgent ? URGENT_MARK : '';
  const whole = `${mark}[${whoAndWhere(userName, somewhere)}] ${title} (${event})`;
  const most = LONGEST_SUBJECT - mark.length - title.length - 3;
  return whole.length <= LONGEST_SUBJECT
    ? whole
    : `${mark}[${whoAndWhere(userName, somewhere, Math.min(most, LONGEST_PLACE))}] ${title}`;
};

const roleOf = (accessKeyId: string, { old, fresh, leaked = [] }: Roles): string => {
  const named = accessKeyId === old ? 'the old key' : accessKeyId === fresh ? 'the new key' : undefined;
  const told = [...(named === undefined ? [] : [named]), ...(leaked.includes(accessKeyId) ? ['LEAKED'] : [])];
  return told.length === 0 ? '' : `${told.join(', ')}, `;
};

const keyLines = (
  keys: readonly KeyShown[],
  roles: Roles,
  inSecret: string | undefined,
): readonly string[] =>
  keys.length === 0
    ? [NO_KEY]
    : keys.map(
        ({ accessKeyId, status, createDate }) =>
          `${accessKeyId} is ${status}: ${roleOf(accessKeyId, roles)}created ${createDate.toISOString()}` +
          (accessKeyId === inSecret ? ', in the secret: programs that read it get this key' : ''),
      );

/** Sentences are numbered where there are several; a command stands below its sentence, by itself. */
const adviceLines = (
  next: readonly (string | Command)[],
  place: CommandPlace,
  say: (line: string) => string,
) => {
  const several = next.filter((part) => typeof part === 'string').length > 1;
  let number = 0;
  return next.map((part) => {
    if (typeof part !== 'string') return `   ${writeCommand(part, place)}`;
    number += 1;
    return several ? `${number}. ${say(part)}` : say(part);
  });
};

const block = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${heading}\n${lines.join('\n')}\n\n`;

/** The parts of a mail, in lines. */
export interface Parts {
  /** What it is about, as in the subject. */
  readonly head: string;
  readonly what: readonly string[];
  readonly urgency: Urgency;
  readonly keys: readonly string[];
  readonly next: Advice;
  /** Where there is more. */
  readonly more: readonly string[];
}

/**
 * The mail: what happened, whether it is urgent, the keys, what to do, and where there is more.
 *
 * @param longest - how many characters it may have. Default: as many as it has.
 */
export const mailOf = (
  { head, what, urgency: { urgent, why }, keys, next, more }: Parts,
  place: CommandPlace,
  {
    timeZone,
    longest = Number.POSITIVE_INFINITY,
  }: { readonly timeZone?: string | undefined; readonly longest?: number } = {},
): string => {
  const line = (text: string): string => withLocalTimes(oneLine(text), timeZone);
  const body =
    `${head}\n\n` +
    block('WHAT HAPPENED', what.map(line)) +
    `URGENT: ${urgent ? 'YES' : 'no'}. ${line(why)}\n\n` +
    block('KEYS', keys.map(line)) +
    block('DO THIS', adviceLines(next, place, line));
  const end = ['MORE', ...more].join('\n');
  return `${cut(body, longest - end.length)}${end}`;
};

/**
 * The message of an execution, with all that the state machine, or the function that tells in its place, sends.
 *
 * @param event - the name of the error, or what else a person is told of.
 */
export const composeMessage = (
  said: Said,
  event: RotationErrorName | Telling,
  letterhead: Letterhead,
): Message => {
  const defaults = TITLES[event];
  const title = said.title ?? defaults.title;
  const { executionArn, userName, runbookUrl, step, at, stateMachineArn = '' } = letterhead;
  const somewhere = executionArn ?? stateMachineArn;
  const place = placeOf(somewhere, letterhead.stateMachineArn);
  const timeZone = said.timeZone ?? letterhead.timeZone;
  const urgency = said.urgency ?? defaults.urgency;
  const section = said.section ?? event;
  const { keys = [], secretId = letterhead.secretId } = said;
  const parts: Parts = {
    head: `${userName ?? 'User not known'}, account ${place.account}, ${place.region}: ${title} (${event}).`,
    what: listOf(said.what),
    urgency,
    keys:
      typeof keys === 'string'
        ? [keys]
        : said.keys === undefined
          ? []
          : keyLines(keys, letterhead.roles, said.inSecret),
    next: said.next ?? [],
    more: [
      withLocalTimes(`At: ${at.toISOString()}`, timeZone),
      ...(secretId === undefined ? [] : [`Secret: ${secretId}`]),
      `Runbook: ${runbookUrl}#${anchorOf(section)}`,
      ...(executionArn === undefined ? [] : [`Execution: ${linkTo(executionArn, place)}`]),
      ...(step === undefined ? [] : [`Step: ${step}`]),
    ],
  };
  return {
    subject: subjectOf(title, { event, urgent: urgency.urgent }, letterhead, somewhere),
    text: mailOf(parts, place, { timeZone, longest: LONGEST_MESSAGE }),
    user: userName ?? 'unknown',
    event,
    urgent: urgency.urgent ? 'yes' : 'no',
    section,
  };
};
