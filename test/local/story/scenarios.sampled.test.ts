import { main } from '../../../local/story/cli';
import { pictureOf } from '../../../local/story/picture-of-run';
import type { RotationDocument } from '../../../local/story/rotation-run';
import { SCENARIOS, type ScenarioName } from '../../../local/story/scenarios';
import type { PictureData } from '../../../picture/data';
import { drawPicture } from '../../../picture/draw';
import { sampled } from '../../support/sampled';
import { findSecrets } from '../support/canary';

/** A command of a mail, or a link: a break would spoil it. */
const TO_COPY = /^ {5}aws |\S{70}/;

/** Short waits: what is told here does not depend on them. */
const OPTIONS = [
  ...['--overlap', 'PT2H', '--notice', 'PT30M', '--quiet', 'PT1H'],
  ...['--adoption-deadline', 'P2D', '--recovery', 'PT6H'],
];

const told = async (name: ScenarioName, ...args: readonly string[]) => {
  let text = '';
  const leaks: string[] = [];
  const pictures: PictureData[] = [];
  const exitStatus = await main(
    ['--scenario', name, ...args, ...OPTIONS],
    {
      out: (piece) => {
        text += piece;
      },
      err: (piece) => {
        text += piece;
      },
      isTerminal: false,
    },
    {
      inspect: (world, run) => {
        const picture = pictureOf(run);
        pictures.push(picture);
        leaks.push(
          ...findSecrets(world, { text, document: run.document, drawn: drawPicture(picture) }).leaks,
        );
      },
    },
  );
  return { text, exitStatus, leaks, pictures };
};

interface Played {
  readonly exitStatus: number;
  readonly leaks: readonly string[];
  readonly pictures: readonly PictureData[];
  readonly document: RotationDocument;
}

/** Each is played once, whichever test asks first. */
const plays = new Map<ScenarioName, Promise<Played>>();

const play = async (name: ScenarioName): Promise<Played> => {
  const played =
    plays.get(name) ??
    told(name, '--json').then(({ text, ...rest }) => ({
      ...rest,
      document: JSON.parse(text) as RotationDocument,
    }));
  plays.set(name, played);
  return played;
};

const statusesOf = ({ executions }: RotationDocument): readonly string[] =>
  executions.map(({ status, error }) => (status === 'FAILED' ? `${status} ${error}` : status));

const messagesOf = ({ messages }: RotationDocument): readonly string[] =>
  messages.map(({ event, subject }) => event ?? subject);

const keysAfter = ({ keysAfter: keys }: RotationDocument): readonly string[] =>
  keys.map(({ status }) => status);

const BROUGHT_BACK = 'RolledBackByHand';
const WILL_BE_ROTATED = 'RotationAhead';
const WILL_BE_INACTIVE = 'DeactivationAhead';
const INACTIVE = 'LeakedKeyInactive';
const TRACED = 'LeakedKeyTraced';

type End = readonly [ScenarioName, number, readonly string[], readonly string[], readonly string[]];

const ENDS: readonly End[] = [
  ['crash', 0, ['SUCCEEDED'], ['Active'], [WILL_BE_INACTIVE]],
  ['healthy', 0, ['SUCCEEDED'], ['Active'], [WILL_BE_INACTIVE]],
  ['emergency-mid-rotation', 0, ['ABORTED', 'SUCCEEDED'], ['Active'], [INACTIVE, TRACED, TRACED]],
  ['thief', 0, ['SUCCEEDED'], ['Active'], [INACTIVE, TRACED, TRACED]],
  ['exposed-key', 0, ['SUCCEEDED'], ['Active'], [INACTIVE, TRACED, TRACED]],
  ['mail-relay', 0, ['SUCCEEDED'], ['Active'], [WILL_BE_INACTIVE]],
  ['schedule', 0, ['SUCCEEDED'], ['Active'], [WILL_BE_ROTATED, WILL_BE_INACTIVE]],
  ['first-key', 0, ['SUCCEEDED'], ['Active'], []],
  [
    'consumer-never-moves',
    1,
    ['FAILED AdoptionTimedOut'],
    ['Active', 'Active'],
    [WILL_BE_INACTIVE, 'AdoptionTimedOut'],
  ],
  ['slow-consumer', 0, ['SUCCEEDED'], ['Active'], [WILL_BE_INACTIVE]],
  [
    'reads-its-own-secret',
    1,
    ['FAILED AdoptionTimedOut'],
    ['Active', 'Active'],
    [WILL_BE_INACTIVE, 'AdoptionTimedOut'],
  ],
  [
    'consumer-breaks',
    1,
    ['FAILED ConsumersUnhealthy'],
    ['Active', 'Active'],
    [WILL_BE_INACTIVE, 'ConsumersUnhealthy'],
  ],
  ['rollback', 0, ['ABORTED', 'SUCCEEDED'], ['Active', 'Active'], [WILL_BE_INACTIVE, BROUGHT_BACK]],
  ['plan', 0, ['SUCCEEDED'], ['Active'], []],
  ['emergency', 0, ['SUCCEEDED'], ['Active'], [INACTIVE, TRACED, TRACED]],
  ['emergency-outage', 0, ['SUCCEEDED'], ['Active'], [INACTIVE, INACTIVE, TRACED, TRACED]],
  ['two-keys', 1, ['FAILED AccessKeyConflict'], ['Active', 'Active'], ['AccessKeyConflict']],
];
const PLAYED = sampled(ENDS, 4);
const isPlayed = (name: ScenarioName): boolean => PLAYED.some(([played]) => played === name);

test.each(PLAYED)(
  '%s ends with status %d, and tells people just that',
  async (name, exitStatus, statuses, keys, messages) => {
    const played = await play(name);
    expect({
      exitStatus: played.exitStatus,
      leaks: played.leaks,
      statuses: statusesOf(played.document),
      keys: keysAfter(played.document),
      messages: messagesOf(played.document),
    }).toEqual({ exitStatus, leaks: [], statuses, keys, messages });
  },
);

test('every scenario has its end above', () => {
  expect(ENDS.map(([name]) => name).sort()).toEqual(Object.keys(SCENARIOS).sort());
});

/** What the title of a picture says, and the parts that its keys have, in the order in which they came. */
const DRAWN: Readonly<Record<ScenarioName, readonly [RegExp, readonly string[]]>> = {
  crash: [/^rotated in \d+ h, no call failed$/, ['old', 'other', 'new']],
  healthy: [/^rotated in \d+ h, no call failed$/, ['old', 'new']],
  schedule: [/^rotated in \d+ (h|days), no call failed$/, ['old', 'new']],
  'first-key': [/^first key made in 3 min, no call failed$/, ['new']],
  'slow-consumer': [/^rotated in \d+ h, no call failed$/, ['old', 'new']],
  'mail-relay': [/^rotated in \d+ h, no call failed$/, ['old', 'new']],
  'consumer-never-moves': [
    /^failed with AdoptionTimedOut, both keys Active, no call failed$/,
    ['old', 'new'],
  ],
  'reads-its-own-secret': [
    /^failed with AdoptionTimedOut, both keys Active, no call failed$/,
    ['old', 'new'],
  ],
  'consumer-breaks': [/^rolled back after ConsumersUnhealthy, \d of \d+ calls failed$/, ['old', 'new']],
  rollback: [/^rolled back, both keys Active, \d of \d+ calls failed$/, ['old', 'new']],
  emergency: [/^leaked key Inactive within 21 s, \d of \d+ calls failed$/, ['old', 'new']],
  'emergency-mid-rotation': [/^leaked key Inactive within 1 s, \d of \d+ calls failed$/, ['old', 'new']],
  'emergency-outage': [/^leaked key Inactive within 1 s, \d+ of \d+ calls failed$/, ['old', 'new']],
  'exposed-key': [/^leaked key Inactive within 21 s, \d+ of \d+ calls failed$/, ['old', 'new']],
  thief: [/^leaked key Inactive within 21 s, no call failed$/, ['old', 'new']],
  'two-keys': [/^failed with AccessKeyConflict, both keys Active, no call failed$/, ['old', 'other']],
  plan: [/^only a plan, no call failed$/, ['old']],
};

test.each(PLAYED)('%s can be drawn, and its title says how it went', async (name) => {
  const [picture] = (await play(name)).pictures;
  const [verdict, parts] = DRAWN[name];
  expect(picture?.verdict).toMatch(verdict);
  expect(picture?.keys?.map(({ accessKeyId }) => picture.roles[accessKeyId] ?? 'other')).toEqual(parts);
});

const NO_CALL_FAILS: readonly ScenarioName[] = [
  'healthy',
  'schedule',
  'first-key',
  'slow-consumer',
  'mail-relay',
  'consumer-never-moves',
  'crash',
  'two-keys',
  'plan',
];

test.each(NO_CALL_FAILS.filter(isPlayed))('%s: no call of a consumer fails', async (name) => {
  const { document } = await play(name);
  expect(document.consumer.failures).toBe(0);
  expect(document.consumer.calls).toBeGreaterThan(20);
});

test('mail-relay: mail is what proves that the relay has moved', async () => {
  const { document } = await play('mail-relay');
  const outcomeOf = (state: string) => document.timeline.find((entry) => entry.state === state)?.outcome;
  expect(document.previousAccessKeyId).toBeNull();
  expect(outcomeOf('Plan the rotation') ?? document.timeline[0]?.outcome).toContain(
    "is in the secret only as a login for SES's SMTP interface",
  );
  const checks = document.timeline.filter(({ state }) => state === 'Check that consumers have moved');
  expect(checks.at(-1)?.outcome).toMatch(/old key .* for ses in eu-west-1\. The new key .* for ses in/);
});

test('consumer-breaks: the outage is no longer than until the first check', async () => {
  const { document } = await play('consumer-breaks');
  const at = (state: string) =>
    Date.parse(document.timeline.find((entry) => entry.state === state)?.at ?? '');
  const seconds = (at('Reactivate the old key') - at('Deactivate the old key')) / 1000;
  expect(Math.floor(seconds)).toBe(15 * 60);
  const [follower, job] = document.consumer.applications;
  expect(follower).toMatchObject({ failures: 0, outages: [] });
  expect(job?.outages).toHaveLength(1);
  const [outage] = job?.outages ?? [];
  // It calls every five minutes, so this is the first call after the reactivation.
  expect(Date.parse(outage?.to ?? '') - at('Reactivate the old key')).toBeLessThanOrEqual(5 * 60_000);
  expect(document.events).toContain('Access Key Rolled Back');
});

test.each((['emergency', 'emergency-mid-rotation'] as const).filter(isPlayed))(
  '%s: the message comes when the leaked key is Inactive',
  async (name) => {
    const { document } = await play(name);
    const [message] = document.messages;
    const at = (state: string) => document.timeline.findLast((entry) => entry.state === state)?.at ?? '';
    const TOLD_BY = {
      emergency: 'Tell a person that the leaked key is Inactive',
      'emergency-mid-rotation': 'Tell a person that the leaked key is contained',
    };
    expect(Date.parse(message?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(at(TOLD_BY[name])));
    expect(message?.message).toMatch(
      /\nThe leaked key AKIA\w+ of alice is Inactive\.\nThat was \d+ seconds? after the emergency was declared, with \d functions and \d+ calls to AWS\.\nWhy the emergency was declared: found in a public repository\.\n/,
    );
    const { functions, calls } = document.executions.at(-1)?.containment ?? {};
    expect(message?.message).toContain(`with ${functions} functions and ${calls} calls to AWS`);
  },
);

test('emergency: only who held the leaked key fails, until it is restarted', async () => {
  const { document } = await play('emergency');
  const [follower, holder] = document.consumer.applications;
  expect(follower).toMatchObject({ failures: 0, outages: [] });
  expect(holder?.outages).toEqual([{ from: expect.any(String), to: expect.any(String) }]);
  expect(document.keysAfter).toMatchObject([{ accessKeyId: document.newAccessKeyId }]);
});

test('exposed-key: within a minute from AWS’s event the key is Inactive, and no person has started anything', async () => {
  const { document } = await play('exposed-key');
  const said = document.timeline.find(({ outcome }) => outcome.includes('says so in an event'))?.at ?? '';
  const [message] = document.messages;
  expect(Date.parse(message?.at ?? '') - Date.parse(said)).toBeLessThanOrEqual(60_000);
  expect(message?.message).toContain(
    'Why the emergency was declared: AWS says that it is exposed: arn:aws:health:',
  );
  expect(document.executions.map(({ input }) => input)).toEqual([
    expect.objectContaining({ action: 'emergency', leakedSince: expect.stringMatching(/^2026-03-02T/) }),
  ]);
  const [follower] = document.consumer.applications;
  expect(follower).toMatchObject({ failures: 0, outages: [] });
});

test('crash: the key that nobody knows is deleted, and another one is made', async () => {
  const { document } = await play('crash');
  expect(document.apiCalls).toMatchObject({ 'iam:CreateAccessKey': 2, 'iam:DeleteAccessKey': 2 });
  expect(document.timeline).toContainEqual(
    expect.objectContaining({ state: 'Meanwhile', outcome: expect.stringContaining('The function dies') }),
  );
});

test('plan: nothing is changed, and what would be done is the last word', async () => {
  const { document } = await play('plan');
  expect(document.keysAfter).toEqual(document.keysBefore);
  const { text } = await told('plan');
  expect(text).toContain('Only a plan.');
  expect(text.replace(/\s+/g, ' ')).toContain('Only a plan');
});

/** The last three lines: the verdict, and the keys before and after. */
const endOf = (text: string): readonly string[] => text.trimEnd().split('\n').slice(-3);

test('a story that is meant to fail says so, first and last', async () => {
  const { text } = await told('two-keys');
  expect(
    text.startsWith('The story: a person has created a second key, which the rotation must not touch.\n'),
  ).toBe(true);
  expect(text).toContain('Expected end: the rotation fails, and nothing is changed.');
  expect(text).toContain('Messages to people');
  const [verdict, before = '', after] = endOf(text);
  expect(verdict).toBe('As expected in this story, the rotation fails with AccessKeyConflict.');
  expect(before).toMatch(/^ {2}Keys before: AKIA[A-Z2-7]{16} Active, AKIA[A-Z2-7]{16} Active$/);
  expect(after).toBe(before.replace('before:', 'after: '));
  for (const line of text.split('\n')) if (!TO_COPY.test(line)) expect(line.length).toBeLessThanOrEqual(80);
});

test.each(PLAYED)('%s says in a sentence how it ends, and fails as it says', async (name) => {
  const scenario = SCENARIOS[name];
  const { document } = await play(name);
  expect(scenario.ends).toMatch(/^[a-z].*[^.]$/);
  expect(document.error).toBe('failsWith' in scenario ? scenario.failsWith : undefined);
});

test('a person reads a story of two executions in 80 columns', async () => {
  const { text, leaks } = await told('rollback');
  expect(leaks).toEqual([]);
  expect(endOf(text)).toEqual([
    'The execution succeeded: Rolled back.',
    expect.stringMatching(/^ {2}Keys before: AKIA[A-Z2-7]{16} Active$/),
    expect.stringMatching(/^ {2}Keys after: {2}AKIA[A-Z2-7]{16} Active, AKIA[A-Z2-7]{16} Active$/),
  ]);
  for (const line of text.split('\n')) if (!TO_COPY.test(line)) expect(line.length).toBeLessThanOrEqual(80);
  for (const words of [
    'An execution starts with {"userName":"alice"}',
    'An execution starts with {"userName":"alice","action":"rollback","reason":"a job',
    'A person reports that the job fails.',
    'Rolled back.',
    'The consumers',
    'Events on the bus',
  ]) {
    expect(text).toContain(words);
  }
  const messagesIn = (story: string): string =>
    story.slice(story.indexOf('Messages to people'), story.indexOf('The consumers'));
  expect(messagesIn(text)).toContain(BROUGHT_BACK);
  // Nobody has to act, and the story ends well: whoever wants to read on asks for it.
  expect(messagesIn(text)).not.toContain('docs/runbook.md#rolledbackbyhand');
  const whole = await told('rollback', '--verbose');
  expect(messagesIn(whole.text)).toContain('docs/runbook.md#rolledbackbyhand');
});
