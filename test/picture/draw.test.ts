import type { ConsumerLane, ExecutionLane, KeyLane, PictureData } from '../../picture/data';
import { drawPicture } from '../../picture/draw';
import { brief, timeScale } from '../../picture/scale';
import { DAY, HOUR, MINUTE, SECOND } from '../support/time';

const START = Date.UTC(2026, 2, 2, 9);
const at = (ms: number): Date => new Date(START + ms);

const OLD = 'AKIAOLDOLDOLDOLDOLD1';
const NEW = 'AKIANEWNEWNEWNEWNEW2';
const FROM = at(-28 * MINUTE);
const TO = at(17 * DAY + 2 * HOUR);
const PUBLISHED = at(21 * SECOND);
const MOVED = at(40 * MINUTE);
const INACTIVE = at(3 * DAY);
const DELETED = at(17 * DAY);

const OLD_KEY: KeyLane = {
  accessKeyId: OLD,
  spans: [
    { from: FROM, to: INACTIVE, status: 'Active' },
    { from: INACTIVE, to: DELETED, status: 'Inactive' },
  ],
};
const NEW_KEY: KeyLane = {
  accessKeyId: NEW,
  spans: [{ from: at(0), to: TO, status: 'Active' }],
};
const FOLLOWER: ConsumerLane = {
  name: 'An application',
  spans: [
    { from: FROM, to: MOVED, accessKeyId: OLD, calls: 14, failed: false },
    { from: MOVED, to: TO, accessKeyId: NEW, calls: 5000, failed: false },
  ],
};
const JOB: ConsumerLane = {
  name: 'A job',
  spans: [
    { from: at(4 * DAY), to: at(4 * DAY + HOUR), accessKeyId: OLD, calls: 12, failed: true },
    { from: at(4 * DAY + HOUR), to: TO, accessKeyId: NEW, calls: 90, failed: false },
  ],
};
const ROTATION: ExecutionLane = {
  name: 'rotation',
  from: at(0),
  to: DELETED,
  end: 'Rotation complete',
  failed: false,
  waits: [
    { from: PUBLISHED, to: INACTIVE, name: 'overlap period' },
    { from: INACTIVE, to: DELETED, name: 'recovery period' },
  ],
  checks: [INACTIVE, at(4 * DAY)],
};

const HEALTHY: PictureData = {
  from: FROM,
  to: TO,
  userName: 'alice',
  verdict: 'rotated in 17 days, no call failed',
  roles: { [OLD]: 'old', [NEW]: 'new' },
  keys: [OLD_KEY, NEW_KEY],
  labels: [
    {
      label: 'AWSCURRENT',
      spans: [
        { from: FROM, to: PUBLISHED, accessKeyId: OLD, holds: `access key ${OLD}` },
        { from: PUBLISHED, to: TO, accessKeyId: NEW, holds: `access key ${NEW}` },
      ],
    },
    { label: 'AWSPENDING', spans: [{ from: at(0), to: DELETED, holds: 'intent' }] },
  ],
  consumers: [FOLLOWER],
  executions: [ROTATION],
  messages: [
    {
      at: at(DAY),
      subject: '[alice @ 111122223333/us-east-1] the old key will be set Inactive (DeactivationAhead)',
    },
  ],
  remarks: [],
  notes: [],
};

/** The texts of an image, without the marks that stand for signs. */
const textsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text.replace(/&#(\d+);/g, (_match, code: string) => String.fromCodePoint(Number(code))),
  );

/** What stands below the picture at each number. */
const storyOf = (svg: string): readonly string[] =>
  (/<desc id="desc">([^<]*)<\/desc>/.exec(svg)?.[1] ?? '').split('\n');

/** Fails unless every element is closed by its own end, and each `&` begins a reference. */
const expectWellFormed = (svg: string): void => {
  const open: string[] = [];
  for (const [, close, name = '', rest = ''] of svg.matchAll(
    /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g,
  )) {
    if (close === '/') expect(open.pop()).toBe(name);
    else if (!rest.endsWith('/')) open.push(name);
  }
  expect(open).toEqual([]);
  const content = svg.replace(/<\/?[\w:]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '');
  expect(content).not.toMatch(/[<>]|&(?!#\d+;)/);
  expect(content).not.toMatch(/(?!\n)\p{Cc}/u);
};

const FAILED_BAR = /<rect [^>]*class="fail"\/>/g;
const RED = /class="[^"]*\b(line-)?fail\b/;
const body = (svg: string): string => svg.slice(svg.indexOf('</defs>'));

test('a rotation has a lane for each key, label, consumer and execution, and says at each number what happened', () => {
  const svg = drawPicture(HEALTHY);
  expectWellFormed(svg);
  expect(textsOf(svg)).toEqual(
    expect.arrayContaining([
      'alice: rotated in 17 days, no call failed',
      '2 Mar 2026 to 19 Mar 2026, UTC. Time is even between two numbers; each stretch says how long it is.',
      'old key …OLD1',
      'new key …NEW2',
      'Inactive',
      'AWSCURRENT',
      'AWSPENDING',
      'intent',
      'An application',
      'use …OLD1',
      'use …NEW2',
      'rotation',
      'overlap period',
      'recovery period',
      'checks',
      'Messages to people',
      '14 days',
    ]),
  );
  expect(storyOf(svg)).toEqual([
    '1. 2 Mar 09:00:00: A rotation starts. The new key …NEW2 is created.',
    '2. 2 Mar 09:00:21: Consumers can read …NEW2.',
    '3. 2 Mar 09:40:00: An application uses …NEW2.',
    '4. 3 Mar 09:00:00: Message: the old key will be set Inactive.',
    '5. 5 Mar 09:00:00: The old key …OLD1 is set Inactive.',
    '6. 19 Mar 09:00:00: The old key …OLD1 is deleted. Rotation complete.',
  ]);
  // Red is for failures alone, and the rest of a key's ID is nobody's business.
  expect(body(svg)).not.toMatch(RED);
  expect(svg).not.toContain('AKIA');
});

test('one title and one description are the name of the image for who does not see it', () => {
  const svg = drawPicture(HEALTHY);
  expect(svg).toMatch(
    /^<svg [^>]*role="img" aria-labelledby="title desc">\n<title id="title">alice: rotated/,
  );
  expect(svg.match(/ id="(title|desc)"/g)).toHaveLength(2);
});

test('the same data give the same text, whenever it is drawn', () => {
  const copy = JSON.parse(JSON.stringify(HEALTHY), (_key, value) =>
    /^\d{4}-.*Z$/.test(String(value)) ? new Date(value) : value,
  ) as PictureData;
  const first = drawPicture(HEALTHY);
  jest.useFakeTimers({ now: Date.UTC(2031, 5, 1) });
  try {
    expect(drawPicture(copy)).toBe(first);
  } finally {
    jest.useRealTimers();
  }
});

test('every colour of the image has one in the light and one in the dark', () => {
  const svg = drawPicture({ ...HEALTHY, consumers: [FOLLOWER, JOB] });
  const [, light = '', dark = ''] =
    /<style>(.*?)@media \(prefers-color-scheme:dark\)\{(.*)\}<\/style>/.exec(svg) ?? [];
  const colours = (rules: string) =>
    new Map(
      [...rules.matchAll(/\.([\w-]+)\{(?:fill|stroke):(#\w{6})\}/g)].map(([, name = '', colour = '']) => [
        name,
        colour,
      ]),
    );
  const [inLight, inDark] = [colours(light), colours(dark)];
  expect([...inDark.keys()]).toEqual([...inLight.keys()]);
  const plain = new Set(['small', 'strong', 'title', 'middle', 'end']);
  const used = [...svg.matchAll(/class="([^"]*)"/g)].flatMap(([, names = '']) => names.split(' '));
  expect(used.length).toBeGreaterThan(50);
  for (const name of used.filter((one) => !plain.has(one))) {
    expect([name, inLight.get(name)]).toEqual([name, expect.stringMatching(/^#/)]);
    expect([name, inDark.get(name)]).not.toEqual([name, inLight.get(name)]);
  }
  expect(svg).not.toMatch(/(fill|stroke)="#/);
  for (const [, size] of svg.matchAll(/font(?:-size)?:(\d+)px/g))
    expect(Number(size)).toBeGreaterThanOrEqual(11);
});

test.each<[string, readonly ConsumerLane[], readonly string[], number]>([
  ['no', [], ['none'], 0],
  ['one', [FOLLOWER], ['An application'], 0],
  ['one that fails', [JOB], ['A job', '12'], 1],
  ['two', [FOLLOWER, JOB], ['An application', 'A job', '12'], 1],
])('%s consumer', (_count, consumers, names, failed) => {
  const svg = drawPicture({ ...HEALTHY, consumers });
  expectWellFormed(svg);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(['Calls of consumers', ...names]));
  expect(textsOf(svg).includes('none')).toBe(consumers.length === 0);
  expect(svg.match(FAILED_BAR) ?? []).toHaveLength(failed);
});

test('calls that fail are told, and so is when they succeed again', () => {
  const story = storyOf(drawPicture({ ...HEALTHY, consumers: [FOLLOWER, JOB] }));
  expect(story).toContainEqual('6. 6 Mar 09:00:00: A job: calls fail.');
  expect(story).toContainEqual('7. 6 Mar 10:00:00: A job: calls succeed again.');
});

test('how many calls failed is written out where there is room', () => {
  const failing = { from: FROM, to: TO, accessKeyId: OLD, calls: 5000, failed: true };
  expect(textsOf(drawPicture({ ...HEALTHY, consumers: [{ name: 'A job', spans: [failing] }] }))).toContain(
    '5000 failed',
  );
});

test('one call that fails can be seen among weeks', () => {
  const moment = at(10 * DAY);
  const failure = { from: moment, to: moment, accessKeyId: OLD, calls: 1, failed: true };
  const [bar = ''] =
    drawPicture({ ...HEALTHY, consumers: [{ name: 'A job', spans: [failure] }] }).match(FAILED_BAR) ?? [];
  expect(Number(/ width="([\d.]+)"/.exec(bar)?.[1])).toBeGreaterThanOrEqual(3);
});

test('a first key: there is no old one', () => {
  const svg = drawPicture({ ...HEALTHY, keys: [NEW_KEY], consumers: [] });
  expect(textsOf(svg)).toContain('new key …NEW2');
  expect(textsOf(svg).join('\n')).not.toMatch(/old key …/);
  expect(storyOf(svg).join('\n')).not.toMatch(/old key …/);
});

test('no key, no message, no execution: each says so', () => {
  const svg = drawPicture({ ...HEALTHY, keys: [], labels: [], consumers: [], executions: [], messages: [] });
  expectWellFormed(svg);
  expect(textsOf(svg).filter((text) => text === 'none')).toHaveLength(5);
  expect(svg).not.toContain('Left out');
});

test('what nobody has recorded is left out, and the picture says so', () => {
  const nothing = { keys: undefined, labels: undefined, consumers: undefined, messages: undefined };
  const svg = drawPicture({ ...HEALTHY, ...nothing });
  expectWellFormed(svg);
  const note =
    'Left out, because nobody has recorded them: access keys, labels of the secret, calls of consumers, messages to people.';
  expect(textsOf(svg)).toContain(note);
  expect(storyOf(svg)).toContain(note);
  expect(textsOf(svg)).not.toContain('none');
  expect(textsOf(svg)).not.toContain('Access keys');
  expect(textsOf(svg)).toContain('rotation');
  // What is left still has the colours of the keys.
  const calls = drawPicture({ ...HEALTHY, ...nothing, consumers: [FOLLOWER] });
  expect(calls).toMatch(/class="old"/);
  expect(calls).toMatch(/class="new"/);
});

test('a key that has no part in the rotation is another key', () => {
  const third = { accessKeyId: 'AKIATHIRDTHIRDTHIRD3', spans: [{ from: FROM, to: TO, status: 'Active' }] };
  const svg = drawPicture({ ...HEALTHY, keys: [OLD_KEY, third] });
  expect(textsOf(svg)).toContain('another key …IRD3');
  expect(svg).toMatch(/<rect [^>]*class="other"/);
});

test('a rotation that fails ends with a red cross', () => {
  const failed: ExecutionLane = { ...ROTATION, failed: true, end: 'The rotation fails: AdoptionTimedOut' };
  const svg = drawPicture({ ...HEALTHY, executions: [failed] });
  expect(body(svg).match(/class="line-fail"/g)).toHaveLength(1);
  expect(storyOf(svg).at(-1)).toMatch(/The rotation fails: AdoptionTimedOut\.$/);
});

test('an execution that has not ended has no end', () => {
  const running: ExecutionLane = { ...ROTATION, to: TO, end: undefined };
  expect(storyOf(drawPicture({ ...HEALTHY, executions: [running] })).at(-1)).toMatch(/deleted\.$/);
});

test('a key that comes back is told as Active again', () => {
  const back = { ...OLD_KEY, spans: [...OLD_KEY.spans, { from: DELETED, to: TO, status: 'Active' }] };
  const story = storyOf(drawPicture({ ...HEALTHY, keys: [back] }));
  expect(story.at(-1)).toContain('The old key …OLD1 is Active again.');
  expect(story.join('\n')).not.toContain('deleted');
});

test('whatever stands in a name is text', () => {
  const nasty = 'a & b <script>"x"</script> \u0007';
  const svg = drawPicture({
    ...HEALTHY,
    userName: nasty,
    verdict: nasty,
    consumers: [{ ...JOB, name: nasty }],
    remarks: [{ at: at(HOUR), text: nasty }],
  });
  expectWellFormed(svg);
  expect(svg).not.toContain('<script');
  expect(textsOf(svg).join(' ')).toContain('a & b <script>"x"</script>');
});

test('long names are broken, and nothing is outside of the image', () => {
  const long = 'x'.repeat(64);
  const words =
    'An application that reads its key when it starts, on the machine in the cellar of the old building';
  const svg = drawPicture({
    ...HEALTHY,
    userName: long,
    consumers: [FOLLOWER, { ...JOB, name: words }],
    remarks: [{ at: at(HOUR), text: `${words}. ${words}.` }],
  });
  const [, height = ''] = / height="(\d+)" role/.exec(svg) ?? [];
  for (const [, x, y, classes = '', text = ''] of svg.matchAll(
    /<text x="([\d.]+)" y="([\d.]+)" class="([^"]*)">([^<]*)/g,
  )) {
    const width = text.length * (classes.includes('title') ? 11 : 6.2);
    const left = Number(x) - (classes.includes('end') ? width : classes.includes('middle') ? width / 2 : 0);
    expect([text, left >= 0, left + width <= 900, Number(y) < Number(height)]).toEqual([
      text,
      true,
      true,
      true,
    ]);
  }
});

test('many rotations after each other: numbers and stretches stay in order, within the image', () => {
  const messages = Array.from({ length: 60 }, (_, index) => ({ at: at(index * 6 * HOUR), subject: 'told' }));
  const svg = drawPicture({ ...HEALTHY, keys: undefined, labels: undefined, consumers: [], messages });
  expectWellFormed(svg);
  const xs = [...svg.matchAll(/<circle cx="([\d.]+)" cy="86"/g)].map(([, x]) => Number(x));
  expect(xs.length).toBeGreaterThanOrEqual(60);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  expect(Math.max(...xs)).toBeLessThanOrEqual(900 - 24);
});

test('every day has a tick, as long as there is room, and some have their names', () => {
  const ticks = (svg: string) => svg.match(/class="line-dim"/g)?.length ?? 0;
  const days = (svg: string) => textsOf(svg).filter((text) => /^\d+ Mar$/.test(text));
  const weeks = drawPicture(HEALTHY);
  expect(ticks(weeks)).toBe(17);
  expect(days(weeks)).toEqual(expect.arrayContaining(['3 Mar', '4 Mar', '9 Mar']));
  expect(days(weeks).length).toBeLessThan(10);
  expect(ticks(drawPicture({ ...HEALTHY, to: at(400 * DAY) }))).toBeLessThan(40);
});

describe('the scale', () => {
  const stops = [FROM, at(0), PUBLISHED, INACTIVE, DELETED, TO];
  const { at: x, stretches } = timeScale(stops, 100, 700, 44);

  test('shows both seconds and weeks: nothing vanishes, and what lasts longer is longer', () => {
    const [, seconds = 0, days = 0, weeks = 0] = stretches.map(({ width }) => width);
    expect(seconds).toBeGreaterThanOrEqual(44);
    expect(weeks).toBeGreaterThan(days);
    expect(days).toBeGreaterThan(3 * seconds);
    expect(stretches.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(700);
  });

  test('is even within a stretch, and keeps what is outside at its edges', () => {
    const middle = (INACTIVE.getTime() + DELETED.getTime()) / 2;
    expect(x(new Date(middle))).toBeCloseTo((x(INACTIVE) + x(DELETED)) / 2);
    expect(x(new Date(0))).toBe(100);
    expect(x(at(400 * DAY))).toBeCloseTo(800);
  });

  test('of one moment is a point', () => {
    expect(timeScale([FROM, FROM], 100, 700, 44).at(FROM)).toBe(100);
  });
});

test.each<[number, string]>([
  [400, '0 s'],
  [21 * SECOND, '21 s'],
  [MINUTE, '1 min'],
  [81 * SECOND, '81 s'],
  [65 * MINUTE, '65 min'],
  [23 * HOUR, '23 h'],
  [DAY + 21 * SECOND, '1 day'],
  [30 * HOUR, '30 h'],
  [2.5 * DAY, '2.5 days'],
  [17 * DAY + HOUR, '17 days'],
])('%d ms are %s', (ms, text) => {
  expect(brief(ms)).toBe(text);
});

test('a consumer whose calls fail again and again is drawn as it was, and told in a few numbers', () => {
  const spans = Array.from({ length: 200 }, (_one, index) => ({
    from: at(index * HOUR),
    to: at(index * HOUR + 30 * MINUTE),
    accessKeyId: OLD,
    calls: 1,
    failed: index % 2 === 1,
  }));
  const flapping = { name: 'A job', spans };
  const svg = drawPicture({ ...HEALTHY, consumers: [flapping] });
  expectWellFormed(svg);
  expect(body(svg).match(FAILED_BAR)).toHaveLength(100);
  const told = storyOf(svg);
  expect(told.length).toBeLessThan(16);
  expect(told.join()).toContain('A job: 195 more changes from here on.');
  // Where there is little, all of it is told.
  const brief = storyOf(drawPicture({ ...HEALTHY, consumers: [{ ...flapping, spans: spans.slice(0, 8) }] }));
  expect(brief.filter((line) => line.includes('A job: calls'))).toHaveLength(7);
});
