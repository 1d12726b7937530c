import { type Command, type CommandPlace, writeCommand } from './commands';
import { withLocalTimes } from './times';

/** A key of the user, as a message shows it. */
export interface KeyShown {
  readonly accessKeyId: string;
  readonly status: string;
  readonly createDate: Date;
}

/** Whether a person has to act now, and why. */
export interface Urgency {
  readonly urgent: boolean;
  /** A sentence. */
  readonly why: string;
}

/** What to do: sentences, and the commands that go with them, in their order. */
export type Advice = readonly (string | Command)[];

/**
 * What a person is told. Words say it in parts, so that a mail can show them one below the other, and a log or the outcome of an
 * execution one after the other. Access key IDs are whole, times are in ISO 8601: the form that a reader gets is made of them
 * where it is known who reads it.
 */
export interface Said {
  /** What has happened: one or more sentences. */
  readonly what: string | readonly string[];
  /** The user's keys as they are now, or what is known of them in sentences. */
  readonly keys?: readonly KeyShown[] | string | undefined;
  /** The key that AWSCURRENT holds. Undefined: none, or it is not known. */
  readonly inSecret?: string | undefined;
  /** The user's secret. Default: that of the state, if it names one. */
  readonly secretId?: string | undefined;
  /** For the subject: at most 45 ASCII characters. Default: the title of the error, or of the event. */
  readonly title?: string | undefined;
  /** What to do. */
  readonly next?: Advice | undefined;
  /** Default: what holds for the error, or for the event. */
  readonly urgency?: Urgency | undefined;
  /** The section of docs/runbook.md to go on with. Default: that of the error, or of the event. */
  readonly section?: string | undefined;
  /** IANA time zone of whom it concerns. Default: that of the state, or else UTC. */
  readonly timeZone?: string | undefined;
}

/** A list, of one or of many. */
export const listOf = (lines: string | readonly string[]): readonly string[] =>
  typeof lines === 'string' ? [lines] : lines;

/** Words, in parts. */
export const toSaid = (said: string | Said): Said => (typeof said === 'string' ? { what: said } : said);

/** In place of a list of keys. */
export const NO_KEY = 'The user has no access key.';

const keysInSentences = (keys: Said['keys']): readonly string[] => {
  if (keys === undefined) return [];
  if (typeof keys === 'string') return [keys];
  if (keys.length === 0) return [NO_KEY];
  return [`Keys now: ${keys.map(({ accessKeyId, status }) => `${accessKeyId} ${status}`).join(', ')}.`];
};

/** A command is set apart, so that nobody copies the end of the sentence with it. */
const adviceInSentences = (next: Advice, place: CommandPlace | undefined): readonly string[] =>
  next.map((part) => (typeof part === 'string' ? part : `\`${writeCommand(part, place)}\`.`));

/**
 * The same, one after the other: for the outcome of an execution, and for logs.
 *
 * @param place - default: commands without Region and state machine.
 */
export const inSentences = (said: string | Said, place?: CommandPlace): string => {
  const { what, keys, urgency, next = [], timeZone } = toSaid(said);
  const warning = urgency?.urgent === true ? [urgency.why] : [];
  const text = [...listOf(what), ...keysInSentences(keys), ...warning].join(' ');
  return [withLocalTimes(text, timeZone), ...adviceInSentences(next, place)].join(' ');
};
