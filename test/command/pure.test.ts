import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { askAt } from '../../command/ask';
import { grouped, ofOwnership, ofPolicy, topicIn } from '../../command/examination';
import { inactiveSince, linesOf, written } from '../../command/follow-lines';
import type { SeenEvent } from '../../command/gateways/state-machines';
import { readGivenKey } from '../../command/given-key';
import { historyTable, recordsIn } from '../../command/history-rows';
import { filledIn, sectionOf, sectionsOf, suggestionFor } from '../../command/runbook';
import { type StatusRow, sorted } from '../../command/status-rows';
import { FORMATS, folded, writeTable } from '../../command/table';
import { fromNow, span } from '../../command/times';
import { troubleOf } from '../../command/trouble';
import { DAY, HOUR, MINUTE } from '../support/time';

const NOW = new Date('2026-03-02T09:00:00Z');

describe('a list', () => {
  const columns = ['user', 'note'];

  test.each([0, 1, 2, 100])('of %i lines has them in every format', (count) => {
    const rows = Array.from({ length: count }, (_none, index) => [`user-${index}`, 'x']);
    const lines = FORMATS.flatMap((format) =>
      format === 'json' ? [] : [writeTable({ columns, rows }, format).trimEnd().split(/\r?\n/).length],
    );
    expect(lines).toEqual([count + 1, count + 1, count + 2]);
  });

  test('keeps what others wrote in its cell', () => {
    const rows = [['=cmd()', 'a\n\u001b[31mb, "c" | [d](e)']];
    expect(writeTable({ columns, rows }, 'table')).toBe('USER    NOTE\n=cmd()  a [31mb, "c" | [d](e)\n');
    expect(writeTable({ columns, rows }, 'csv')).toBe('user,note\r\n\'=cmd(),"a [31mb, ""c"" | [d](e)"\r\n');
    expect(writeTable({ columns, rows }, 'markdown')).toContain('a \\[31mb, "c" \\| \\[d\\](e)');
  });

  test('a text is folded between words, and loses none', () => {
    const text = Array.from({ length: 60 }, (_none, index) => `word${index}`).join(' ');
    const lines = folded(text, 40).split('\n');
    expect(lines.join(' ')).toBe(text);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40);
    expect([folded(''), folded('x'.repeat(200), 40)]).toEqual(['', 'x'.repeat(200)]);
    expect(folded('Do this: `aws x --name "a b c d"`. Then `b`.', 12)).toBe(
      'Do this:\n   aws x --name "a b c d"\nThen\n   b',
    );
  });
});

test.each([
  [30_000, 'less than a minute'],
  [MINUTE, '1 minute'],
  [3 * HOUR, '3 hours'],
  [DAY, '1 day'],
  [400 * DAY, '400 days'],
])('%i milliseconds are %s', (milliseconds, words) => {
  expect(span(milliseconds)).toBe(words);
  expect(fromNow(new Date(NOW.getTime() + milliseconds), NOW)).toBe(`in ${words}`);
  expect(fromNow(new Date(NOW.getTime() - milliseconds), NOW)).toBe(`${words} ago`);
});

describe('the key that is handed over', () => {
  const id = 'AKIAEXAMPLE000000001';
  const secret = 'made-up/secret+0123456789abcdefghijklmno';
  const key = { accessKeyId: id, secretAccessKey: secret };

  test.each([
    ['JSON', JSON.stringify({ AccessKeyId: id, SecretAccessKey: secret })],
    [
      'the AWS CLI',
      JSON.stringify({ AccessKey: { UserName: 'a', AccessKeyId: id, SecretAccessKey: secret } }),
    ],
    ['the console', `\uFEFFAccess key ID,Secret access key\r\n${id},${secret}\r\n`],
    [
      'a credentials file',
      `# of alice\n[default]\naws_access_key_id = ${id}\naws_secret_access_key=${secret}\n`,
    ],
    ['a shell', `export AWS_SECRET_ACCESS_KEY="${secret}"\nexport AWS_ACCESS_KEY_ID=${id}\n`],
  ])('is read as %s writes it', (_name, text) => {
    expect(readGivenKey(text)).toEqual(key);
  });

  test.each([
    ['none', ''],
    ['none', '{"AccessKeyId":7}'],
    ['none', `AWS_ACCESS_KEY_ID=${id}`],
    ['none', 'aws_access_key_id=short\naws_secret_access_key=short'],
    ['several', `[a]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`.repeat(2)],
    ['temporary', JSON.stringify({ AccessKeyId: id.replace('AKIA', 'ASIA'), SecretAccessKey: secret })],
  ])('is refused: %s', (why, text) => {
    expect(readGivenKey(text)).toBe(why);
  });
});

describe('the runbook', () => {
  const sections = sectionsOf(readFileSync(join(__dirname, '..', '..', 'docs', 'runbook.md'), 'utf8'));

  test('has its sections by heading and by anchor, and hints at what was meant', () => {
    expect(sections.length).toBeGreaterThan(40);
    expect(sectionOf(sections, 'AdoptionTimedOut')?.text).toContain('**What happened.**');
    expect(sectionOf(sections, 'a-key-has-leaked')).toBe(sectionOf(sections, 'A key has leaked'));
    expect([sectionOf(sections, 'nothing like it'), suggestionFor(sections, 'nothing like it')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(suggestionFor(sections, 'adoptiontimedou')).toBe('AdoptionTimedOut');
  });

  test('has names in its commands, and keeps the variables that nobody knows', () => {
    const text =
      'See $SECRET_ID.\n\n```sh\naws x "$SECRET_ID" "$ID" --name "alice-$(date)" --input \'{"userName":"alice"}\'\n```\n';
    const filled = filledIn(
      { heading: 'x', text },
      { SECRET_ID: 'a/b' },
      { userName: 'c@d', executionName: 'c-d' },
    );
    expect(filled).toBe(
      'See $SECRET_ID.\n\n```sh\naws x "a/b" "$ID" --name "c-d-$(date)" --input \'{"userName":"c@d"}\'\n```\n',
    );
    expect(filledIn({ heading: 'x', text }, {}, {})).toBe(text);
  });
});

describe('what is followed', () => {
  const event = (id: number, kind: SeenEvent['kind'], state: string, data: unknown): SeenEvent => ({
    id,
    at: NOW,
    kind,
    state,
    data,
  });

  test('is told once: what a step says, and until when is waited', () => {
    const events = [
      event(1, 'entered', 'Publish the new key', {}),
      event(2, 'exited', 'Publish the new key', { outcome: 'Published.' }),
      event(3, 'entered', 'Wait for the overlap period', {
        outcome: 'Published.',
        waitUntil: '2026-03-05T09:00:00Z',
      }),
      event(4, 'exited', 'Wait for the overlap period', { outcome: 'Published.' }),
      event(5, 'exited', 'An odd one', 'no object'),
      event(6, 'entered', 'Wait for consumers to move', {}),
    ];
    const { lines, said } = linesOf(events, undefined);
    expect(lines.map(written)).toEqual([
      '2026-03-02 09:00 UTC  Publish the new key: Published.',
      '2026-03-02 09:00 UTC  Wait for the overlap period: until 2026-03-05 09:00 UTC.',
      '2026-03-02 09:00 UTC  Wait for consumers to move: waits.',
    ]);
    expect(linesOf(events.slice(1, 2), said).lines).toEqual([]);
    expect(linesOf([], undefined)).toEqual({ lines: [], said: undefined });
  });

  test('says since when a leaked key is Inactive, whichever step has done it', () => {
    const at = '2026-03-02T09:00:01Z';
    expect(inactiveSince([])).toBeUndefined();
    expect(inactiveSince([event(1, 'exited', 'x', { contained: { at } })])).toEqual(new Date(at));
    expect(inactiveSince([event(1, 'exited', 'x', { deactivatedAt: at })])).toEqual(new Date(at));
  });
});

describe('the users', () => {
  const row = (userName: string, need: StatusRow['need']): StatusRow => ({
    userName,
    need,
    keysKnown: true,
    inSecret: 'not-said',
    keys: [],
    stage: 'none',
    since: undefined,
    waitsFor: undefined,
    waitsUntil: undefined,
    onHold: need === 'attention' ? undefined : need === 'hold',
    paused: undefined,
    last: undefined,
    findings: [],
  });

  test('come in the order in which they need a person', () => {
    const needs = ['fine', 'under-way', 'paused', 'hold', 'attention', 'urgent', 'fine'] as const;
    const rows = needs.map((need, index) => row(`u${index}`, need));
    expect(sorted(rows).map(({ userName }) => userName)).toEqual(['u5', 'u4', 'u3', 'u2', 'u1', 'u0', 'u6']);
    expect(sorted([])).toEqual([]);
  });
});

describe('the records', () => {
  const record = (name: string, changes: object = {}) => ({
    kind: 'rotation',
    recordedAt: '2026-03-02T10:00:00Z',
    result: 'rotated',
    userName: 'alice',
    action: 'rotate',
    reason: null,
    execution: { arn: `arn:${name}`, startedAt: '2026-03-02T08:00:00Z', endedAt: '2026-03-02T09:30:00Z' },
    startedBy: { claimed: 'person', identity: null, evidence: 'not-shown-yet' },
    error: null,
    oldKey: { accessKeyId: 'AKIAEXAMPLE000000001' },
    newKey: null,
    ...changes,
  });

  test.each([0, 1, 2, 100])('%i are listed, each execution once, as it was recorded last', (count) => {
    const names = Array.from({ length: count }, (_none, index) => `a${index}`);
    const again = names.map((name) => record(name, { recordedAt: '2026-03-02T11:00:00Z', result: 'failed' }));
    const { records, odd } = recordsIn([...again, ...names.map((name) => record(name)), 'odd', {}]);
    expect(odd).toBe(2);
    expect(records.map(({ shown }) => shown.result)).toEqual(names.map(() => 'failed'));
  });

  test('say who has started it, as the record or CloudTrail knows, or that nobody has seen it', () => {
    const { records } = recordsIn([
      record('a', {
        startedBy: { claimed: 'person', identity: 'arn:aws:sts::1:assumed-role/Ops/alex', evidence: 'seen' },
      }),
      record('b'),
      record('c'),
    ]);
    const table = historyTable(records, new Map([['arn:b', 'arn:aws:iam::1:user/kim']]));
    expect(table.rows.map((cells) => cells[6]).toSorted()).toEqual([
      'assumed-role/Ops/alex',
      'person (not seen)',
      'user/kim',
    ]);
    expect(table.rows[0]?.[4]).toBe('****0001');
  });
});

describe('the examination', () => {
  const allow = (Principal: unknown, more: object = {}) => ({
    Statement: [
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Principal, Resource: '*', ...more },
    ],
  });
  const reader = 'arn:aws:iam::111122223333:role/reader';

  test.each<[string, unknown, readonly string[], string]>([
    ['no policy, and nobody named', undefined, [], 'fine'],
    ['no policy, and somebody named', undefined, [reader], 'wrong'],
    ['everybody', allow('*'), [], 'wrong'],
    ['everybody, in another form', allow({ AWS: ['*'] }, { Action: ['secretsmanager:*'] }), [], 'wrong'],
    ['everybody, on a condition', allow('*', { Condition: { StringEquals: {} } }), [], 'fine'],
    ['the reader', allow({ AWS: reader }), [reader], 'fine'],
    ['another one', allow({ AWS: `${reader}2` }), [reader], 'wrong'],
    ['what is not understood', 'policy', [], 'unknown'],
    ['a denial alone', { Statement: { Effect: 'Deny', Action: '*', Principal: '*' } }, [], 'fine'],
  ])('of who may read a secret: %s', (_name, policy, readers, verdict) => {
    expect(ofPolicy('alice', policy, readers).verdict).toBe(verdict);
  });

  test('a user in two stacks is wrong, and one that is not marked yet is not', () => {
    expect(ofOwnership('alice', { kind: 'other', owner: 'arn:b' })).toMatchObject({ verdict: 'wrong' });
    expect(ofOwnership('alice', { kind: 'unmarked', hasRoom: true })).toMatchObject({ verdict: 'fine' });
  });

  test('tells what is wrong first, and what is fine in one line each', () => {
    const one = (about: string, verdict: 'fine' | 'wrong' | 'unknown', says: string) => ({
      about,
      verdict,
      says,
    });
    expect(grouped([])).toEqual([]);
    expect(
      grouped([
        one('a', 'fine', 'x'),
        one('a', 'unknown', 'y'),
        one('b', 'fine', 'z'),
        one('a', 'fine', 'v'),
        one('b', 'wrong', 'w'),
      ]),
    ).toEqual([
      one('b', 'wrong', 'w'),
      one('a', 'unknown', 'y'),
      one('a', 'fine', 'x; v'),
      one('b', 'fine', 'z'),
    ]);
  });

  test('finds the topic in a definition', () => {
    expect(topicIn('{"TopicArn":"arn:aws:sns:us-east-1:111122223333:Told"}')).toBe(
      'arn:aws:sns:us-east-1:111122223333:Told',
    );
    expect(topicIn('{}')).toBeUndefined();
  });
});

describe('a call that fails', () => {
  const answer = (name: string, message = 'Because.') =>
    Object.assign(new Error(message), { name, $metadata: {} });

  test.each<[string, unknown, number, RegExp]>([
    [
      'denied',
      answer('AccessDeniedException'),
      3,
      /^AWS has denied it\. AccessDeniedException: Because\. Kept\./,
    ],
    ['wrapped', new Error('ours', { cause: answer('AccessDenied') }), 3, /^AWS has denied it\. AccessDenied/],
    ['throttled', answer('ThrottlingException'), 3, /Because\. Open\. Try again/],
    ['lost', Object.assign(new Error('connect'), { code: 'ECONNRESET' }), 3, /^AWS has not answered/],
    [
      'without a session',
      answer('ExpiredTokenException'),
      3,
      /^The session has expired: sign in again\. Open\./,
    ],
    ['without credentials', answer('CredentialsProviderError'), 3, /"aws sso login"/],
    ['without a Region', new Error('Region is missing'), 2, /^No Region is known/],
    ['about no rotation', answer('StateMachineDoesNotExist'), 2, /^There is no rotation of this name/],
    ['refused', answer('SomethingElse'), 3, /^AWS has refused it\. SomethingElse/],
  ])('%s is a sentence with what is known then', (_name, error, exit, said) => {
    const trouble = troubleOf(error, { refused: 'Kept.', unanswered: 'Open.' });
    expect([trouble?.exit, trouble?.message]).toEqual([exit, expect.stringMatching(said)]);
  });

  test('is none when it is a defect of ours', () => {
    expect([troubleOf(new TypeError('x is not a function')), troubleOf('text')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

test.each([
  ['an answer', 'yes\n', 'yes'],
  ['an empty line', '\n', ''],
  ['the end of the input', undefined, ''],
])('to a question, %s is an answer', async (_name, typed, answer) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const asked = askAt('Go on? ', input, output);
  if (typed === undefined) input.end();
  else input.write(typed);
  expect(await asked).toBe(answer);
  expect(String(output.read())).toContain('Go on? ');
});
