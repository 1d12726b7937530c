import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  PutLogEventsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { same } from '../deviation';
import { accepted, refused, type Statement, statementsAbout } from '../statement';
import type { Subject } from '../subject';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** A log group of the statement's own. */
const groupOf = async (subject: Subject): Promise<string> => {
  const logGroupName = subject.name('group');
  subject.removeLater(`the log group ${logGroupName}`, ({ logs }) =>
    logs.send(new DeleteLogGroupCommand({ logGroupName })),
  );
  await subject.logs.send(new CreateLogGroupCommand({ logGroupName }));
  return logGroupName;
};

/** A log group with these streams. */
const groupWith = async (subject: Subject, ...streams: readonly string[]): Promise<string> => {
  const logGroupName = await groupOf(subject);
  for (const logStreamName of streams) {
    await subject.logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  }
  return logGroupName;
};

/** An event, and how long ago it was. */
type Written = readonly [ago: number, message: string | object];

const put = (
  subject: Subject,
  logGroupName: string,
  logStreamName: string,
  now: number,
  ...events: readonly Written[]
) =>
  subject.logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName,
      logEvents: events.map(([ago, message]) => ({
        timestamp: now - ago,
        message: typeof message === 'string' ? message : JSON.stringify(message),
      })),
    }),
  );

/** The messages that are found, on all pages. */
const found =
  (subject: Subject, logGroupName: string, input: Partial<FilterLogEventsCommandInput> = {}) =>
  async () => {
    const messages: unknown[] = [];
    const pages = paginateFilterLogEvents({ client: subject.logs }, { logGroupName, ...input });
    for await (const { events = [] } of pages) messages.push(...events.map(({ message }) => message));
    return messages;
  };

/** The numbers of the records that a pattern finds. */
const numbersFound = (subject: Subject, logGroupName: string, filterPattern: string) => async () =>
  (await found(subject, logGroupName, { filterPattern })()).map(
    (message) => (JSON.parse(String(message)) as { readonly n: unknown }).n,
  );

const STREAM = 'alice';
const PUT = 'CloudWatch Logs API, PutLogEvents';
const FILTER = 'CloudWatch Logs API, FilterLogEvents';
const PATTERNS = 'CloudWatch Logs User Guide, filter pattern syntax';

const statement = statementsAbout('CloudWatch Logs');

export const logsStatements: readonly Statement[] = [
  statement({
    id: 'put-without-stream',
    says: 'PutLogEvents into a stream that does not exist is refused with ResourceNotFoundException.',
    source: `${PUT}, errors`,
    matters: 'a stream is created when it is missing, and only then',
    check: async (subject) => {
      const group = await groupOf(subject);
      await refused(
        'writing',
        put(subject, group, STREAM, Date.now(), [0, 'x']),
        'ResourceNotFoundException',
      );
    },
  }),
  statement({
    id: 'stream-without-group',
    says: 'A stream of a group that does not exist is refused with ResourceNotFoundException.',
    source: 'CloudWatch Logs API, CreateLogStream, errors',
    matters: 'a group that somebody deleted is distinguished from a stream that is not there yet',
    check: async (subject) => {
      const logGroupName = subject.name('group');
      await refused(
        'creating it',
        subject.logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: STREAM })),
        'ResourceNotFoundException',
      );
    },
  }),
  statement({
    id: 'stream-twice',
    says: 'CreateLogStream with a name that is taken is refused with ResourceAlreadyExistsException.',
    source: 'CloudWatch Logs API, CreateLogStream, errors',
    matters: 'two records of one user may both be the first',
    check: async (subject) => {
      const logGroupName = await groupWith(subject, STREAM);
      await refused(
        'creating it again',
        subject.logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: STREAM })),
        'ResourceAlreadyExistsException',
      );
    },
  }),
  statement({
    id: 'sent-again-kept-again',
    says: 'PutLogEvents accepts the same events again, and keeps them twice.',
    source: `${PUT}, introduction: it never returns DataAlreadyAcceptedException; that they are kept twice is undocumented. A record says which execution it is of`,
    matters: 'a repeated call may write a record twice, and never fails for that',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const now = Date.now();
      await put(subject, group, STREAM, now, [0, 'x']);
      await accepted('writing it again', put(subject, group, STREAM, now, [0, 'x']));
      await subject.sees('what is found', found(subject, group), ['x', 'x']);
    },
  }),
  statement({
    id: 'chronological',
    says: 'A batch whose events are not in the order of their times is refused with InvalidParameterException, and none is kept.',
    source: `${PUT}, constraints`,
    matters: 'a record of several events is sent in order',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      await refused(
        'writing',
        put(subject, group, STREAM, Date.now(), [0, 'later'], [1000, 'earlier']),
        'InvalidParameterException',
      );
      await subject.sees('what is found', found(subject, group), []);
    },
  }),
  statement({
    id: 'a-day-at-most',
    says: 'A batch that spans more than 24 hours is refused with InvalidParameterException.',
    source: `${PUT}, constraints`,
    matters: 'a record is one event, with the time of its end',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      await refused(
        'writing',
        put(subject, group, STREAM, Date.now(), [2 * DAY, 'x'], [0, 'y']),
        'InvalidParameterException',
      );
    },
  }),
  statement({
    id: 'too-old-left-out',
    says: 'Events of more than 14 days ago are left out with tooOldLogEventEndIndex, and the others of the batch are kept.',
    source: `${PUT}, constraints; RejectedLogEventsInfo`,
    matters: 'a call that succeeds may still have written nothing: the answer is read',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const { rejectedLogEventsInfo } = await accepted(
        'writing',
        put(subject, group, STREAM, Date.now(), [15 * DAY, 'old'], [0, 'new']),
      );
      same('what is left out', rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
      await subject.sees('what is found', found(subject, group), ['new']);
    },
  }),
  statement({
    id: 'too-new-left-out',
    says: 'Events of more than two hours ahead are left out with tooNewLogEventStartIndex, and the others of the batch are kept.',
    source: `${PUT}, constraints; RejectedLogEventsInfo`,
    matters: 'a host whose clock is wrong does not lose a record silently',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const { rejectedLogEventsInfo } = await accepted(
        'writing',
        put(subject, group, STREAM, Date.now(), [0, 'now'], [-3 * HOUR, 'ahead']),
      );
      same('what is left out', rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
      await subject.sees('what is found', found(subject, group), ['now']);
    },
  }),
  statement({
    id: 'streams-by-time',
    says: 'FilterLogEvents shows the events of all streams of a group in the order of their times.',
    source: `${FILTER}, introduction and interleaved`,
    matters: 'all rotations of a quarter, one stream for each user',
    check: async (subject) => {
      const group = await groupWith(subject, 'alice', 'bob');
      const now = Date.now();
      await put(subject, group, 'alice', now, [3000, 'a1'], [1000, 'a3']);
      await put(subject, group, 'bob', now, [2000, 'b2'], [0, 'b4']);
      await subject.sees('what is found', found(subject, group), ['a1', 'b2', 'a3', 'b4']);
    },
  }),
  statement({
    id: 'streams-chosen',
    says: 'FilterLogEvents shows the events of the named streams only, or of those with a prefix.',
    source: `${FILTER}, logStreamNames and logStreamNamePrefix`,
    matters: 'the records of one user',
    check: async (subject) => {
      const group = await groupWith(subject, 'alice', 'bob');
      const now = Date.now();
      await put(subject, group, 'alice', now, [0, 'a']);
      await put(subject, group, 'bob', now, [0, 'b']);
      await subject.sees('by name', found(subject, group, { logStreamNames: ['bob'] }), ['b']);
      await subject.sees('by prefix', found(subject, group, { logStreamNamePrefix: 'al' }), ['a']);
    },
  }),
  statement({
    id: 'time-range',
    says: 'FilterLogEvents leaves out what is before startTime or later than endTime, and shows what is at either.',
    source: `${FILTER}, startTime and endTime`,
    matters: 'the rotations of a quarter are all in it, and no others',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const now = Date.now();
      await put(subject, group, STREAM, now, [3000, 'a'], [2000, 'b'], [1000, 'c'], [0, 'd']);
      const range = { startTime: now - 2000, endTime: now - 1000 };
      await subject.sees('what is found', found(subject, group, range), ['b', 'c']);
    },
  }),
  statement({
    id: 'every-page',
    says: 'The pages of FilterLogEvents together show every event once, however many a page may have.',
    source: `${FILTER}, limit and nextToken`,
    matters: 'no rotation of a quarter is missing, or counted twice',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const messages = Array.from({ length: 7 }, (_none, index) => `event ${index}`);
      const events = messages.map((message, index): Written => [messages.length - index, message]);
      await put(subject, group, STREAM, Date.now(), ...events);
      await subject.sees('what is found', found(subject, group, { limit: 3 }), messages);
    },
  }),
  statement({
    id: 'unknown-stream-refused',
    says: 'FilterLogEvents with a stream that does not exist is refused with ResourceNotFoundException.',
    source: `${FILTER}, errors`,
    matters: 'a user who never had a record is distinguished from one who has none in the time range',
    check: async (subject) => {
      const logGroupName = await groupWith(subject, STREAM);
      const input = { logGroupName, logStreamNames: ['nobody'] };
      await refused(
        'asking',
        subject.logs.send(new FilterLogEventsCommand(input)),
        'ResourceNotFoundException',
      );
    },
  }),
  statement({
    id: 'names-or-prefix',
    says: 'FilterLogEvents with names of streams and a prefix is refused with InvalidParameterException.',
    source: `${FILTER}, logStreamNames`,
    matters: 'a command of the audit has one of both',
    check: async (subject) => {
      const logGroupName = await groupWith(subject, STREAM);
      const input = { logGroupName, logStreamNames: [STREAM], logStreamNamePrefix: 'a' };
      await refused(
        'asking',
        subject.logs.send(new FilterLogEventsCommand(input)),
        'InvalidParameterException',
      );
    },
  }),
  statement({
    id: 'json-patterns',
    says: 'A JSON pattern compares texts and numbers, takes a wildcard at either end, and joins conditions by “and” before “or”.',
    source: `${PATTERNS}: JSON log events, compound expressions`,
    matters: 'who could not be rotated, and why',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const records = [
        { n: 1, user: 'alice', outcome: 'Succeeded', age: 30 },
        { n: 2, user: 'alice', outcome: 'KeyNotAdopted', age: 90.5 },
        { n: 3, user: 'bob', outcome: 'KeyNotUsable', age: 10 },
        { n: 4, user: 'bob', outcome: 'Succeeded', age: 91, keys: [{ id: 'AKIAEXAMPLE' }] },
      ];
      await put(subject, group, STREAM, Date.now(), ...records.map((record): Written => [0, record]));
      const expected: Readonly<Record<string, unknown[]>> = {
        '{ $.user = "alice" }': [1, 2],
        '{ $.user != "alice" }': [3, 4],
        '{ $.outcome = "KeyNot*" }': [2, 3],
        '{ $.outcome = "*ed" }': [1, 2, 4],
        '{ $.age >= 90.5 }': [2, 4],
        '{ $.age < 30 }': [3],
        '{ $.keys[0].id = "AKIAEXAMPLE" }': [4],
        '{ $.user = "bob" && $.age > 90 || $.outcome = "KeyNotAdopted" }': [2, 4],
        '{ $.user = "bob" && ($.age > 90 || $.outcome = "KeyNotUsable") }': [3, 4],
      };
      for (const [filterPattern, numbers] of Object.entries(expected)) {
        await subject.sees(filterPattern, numbersFound(subject, group, filterPattern), numbers);
      }
    },
  }),
  statement({
    id: 'json-constants',
    says: 'A JSON pattern finds a field that is NULL, TRUE or FALSE, and one that does not exist.',
    source: `${PATTERNS}: JSON log events, IS and NOT EXISTS`,
    matters: 'a key that was never used, a rotation that nobody has acknowledged',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const records = [
        { n: 1, lastUsed: null },
        { n: 2, lastUsed: true },
        { n: 3, lastUsed: false },
        { n: 4 },
      ];
      await put(subject, group, STREAM, Date.now(), ...records.map((record): Written => [0, record]));
      const expected: Readonly<Record<string, unknown[]>> = {
        '{ $.lastUsed IS NULL }': [1],
        '{ $.lastUsed IS TRUE }': [2],
        '{ $.lastUsed IS FALSE }': [3],
        '{ $.lastUsed NOT EXISTS }': [4],
      };
      for (const [filterPattern, numbers] of Object.entries(expected)) {
        await subject.sees(filterPattern, numbersFound(subject, group, filterPattern), numbers);
      }
    },
  }),
  statement({
    id: 'terms',
    says: 'A pattern of terms finds the messages that have all of them, phrases in quotes among them, and none that has a minus sign.',
    source: `${PATTERNS}: unstructured log events`,
    matters: 'a word that an auditor looks for in all records',
    check: async (subject) => {
      const group = await groupWith(subject, STREAM);
      const messages = ['ERROR of alice', 'ERROR of bob', 'all is well'];
      await put(subject, group, STREAM, Date.now(), ...messages.map((message): Written => [0, message]));
      const expected: Readonly<Record<string, unknown[]>> = {
        'ERROR alice': ['ERROR of alice'],
        '"of bob"': ['ERROR of bob'],
        'ERROR -alice': ['ERROR of bob'],
        '?alice ?well': ['ERROR of alice', 'all is well'],
      };
      for (const [filterPattern, those] of Object.entries(expected)) {
        await subject.sees(filterPattern, found(subject, group, { filterPattern }), those);
      }
    },
  }),
];
