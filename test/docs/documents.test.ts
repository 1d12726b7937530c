import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { STEP_NAMES } from '../../lambdas/shared/contract/steps';
import { DRAIN_SECONDS } from '../../lambdas/shared/contract/timing';
import { STEPS } from '../../lambdas/shared/rotation/step-table';
import { BUILT_IN_DEFAULTS, MAX_USERS_PER_STACK } from '../../lib/config';
import { RUNBOOK_SECTIONS } from '../../lib/rotation-alarms';
import { COURSE_REGIONS, withCourse } from '../../tools/docs/course';
import { withPermissions } from '../../tools/docs/permissions';
import { withRegion } from '../../tools/docs/region';

const ROOT = join(__dirname, '..', '..');
const ADR = join('docs', 'adr');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  join('consumer', 'README.md'),
  join('consumer', 'conformance', 'README.md'),
  join('docs', 'architecture.md'),
  join('docs', 'assumptions.md'),
  join('docs', 'consumers.md'),
  join('docs', 'events.md'),
  join('docs', 'fidelity.md'),
  join('docs', 'guarantees.md'),
  join('docs', 'performance.md'),
  join('docs', 'runbook.md'),
  join('docs', 'security.md'),
  ...readdirSync(join(ROOT, ADR)).map((name) => join(ADR, name)),
];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const headings = (path: string): readonly string[] =>
  [
    ...read(path)
      .replace(/^```.*?^```/gms, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, text]) => text ?? '');

/** The anchor that GitHub gives to a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');

const anchors = (path: string): readonly string[] => headings(path).map(anchor);

describe('the runbook', () => {
  const runbook = join('docs', 'runbook.md');

  it.each([...ERROR_NAMES, 'EmergencyNotStarted', 'PersonNotTold', 'States.Runtime', 'States.Timeout'])(
    'has a section that is called %s',
    (name) => {
      expect(headings(runbook).filter((heading) => heading === name)).toHaveLength(1);
    },
  );

  it.each(Object.values(RUNBOOK_SECTIONS))(
    'has the section #%s, to which an alarm or a message sends',
    (section) => {
      expect(anchors(runbook)).toContain(section);
    },
  );

  it('has every section to which a message sends a person', () => {
    const messages = read(join('docs', 'messages.md'));
    const definition = read(join('state-machine', 'access-key-rotation.asl.json'));
    const named = [
      ...[...messages.matchAll(/docs\/runbook\.md, "([^"]+)"/g)].map(([, section]) => section),
      // Beside the names of errors, which are sections of their own.
      ...[...definition.matchAll(/"section": "([^"]+)"/g)].map(([, section]) => section),
    ];
    expect(new Set(named)).toEqual(
      new Set([
        'A key has leaked',
        'End sessions already obtained with a key',
        'StateDrift',
        'A step was cut off',
        'EnrolmentConflict',
        'Un-enrol a user',
      ]),
    );
    expect(headings(runbook)).toEqual(expect.arrayContaining(named));
    // And each mention is one of those.
    for (const text of [messages, definition]) {
      for (const [mention] of text.matchAll(/runbook\.md.{0,10}/g)) {
        expect(mention).toMatch(/^runbook\.md(, "|, Errors, )/);
      }
    }
  });

  it('tells to wait for as long as a stopped execution may still have an effect', () => {
    expect(DRAIN_SECONDS).toBe(180);
    expect(read(runbook)).toContain('waits three minutes** (`DRAIN_SECONDS`)');
  });
});

describe('the README', () => {
  const rows = new Map(
    [...read('README.md').matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)].map(([, field = '', rest = '']) => [
      field,
      rest.split(' | ').map((text) => text.trim()),
    ]),
  );
  const { deactivationWindow, ...periodsAndZone } = BUILT_IN_DEFAULTS;

  it.each(Object.entries(periodsAndZone))('gives the default of %s', (field, value) => {
    expect(rows.get(field)?.[1]).toBe(`\`${value}\``);
  });

  it('gives the default deactivation window', () => {
    const { days, from, to } = deactivationWindow;
    expect(rows.get('deactivationWindow')?.[1]).toBe(
      `\`${days[0]}\` to \`${days.at(-1)}\`, \`${from}\` to \`${to}\``,
    );
  });

  it('says how many users a stack carries', () => {
    expect(rows.get('users')?.[0]).toContain(`1 to ${MAX_USERS_PER_STACK} per stack`);
  });

  it.each([
    'userName',
    'path',
    'schedule',
    'healthAlarms',
    'paused',
    'validator',
    'acknowledgement',
    'existingSecret',
    'force',
    'notificationEmail',
    'defaults',
  ])('explains the field %s', (field) => {
    expect(rows.has(field)).toBe(true);
  });
});

describe('the architecture', () => {
  const rows = [...read(join('docs', 'architecture.md')).matchAll(/^\| ([a-z-]+) +\|[^|]*\|([^|]*)\|/gm)];

  it.each(STEP_NAMES)('tells the statuses of %s', (step) => {
    const told = rows
      .filter(([, name]) => name === step)
      .flatMap(([, , statuses = '']) => statuses.match(/(?<=`)[a-z-]+(?=`)/g) ?? []);
    expect(told.sort()).toEqual(Object.keys(STEPS[step].outputs).sort());
  });

  it('has the permissions that the steps have (else: npx tsx tools/docs/permissions.ts)', () => {
    const architecture = read(join('docs', 'architecture.md'));

    expect(withPermissions(architecture)).toBe(architecture);
  });
});

describe('in what an emergency differs', () => {
  it.each(Object.keys(COURSE_REGIONS))(
    'stands in %s as it is (else: npx tsx tools/docs/course.ts)',
    (file) => {
      expect(withCourse(file, read(file))).toBe(read(file));
    },
  );
});

describe('links', () => {
  it.each(DOCUMENTS)('of %s lead to files and headings that exist', (path) => {
    for (const [, target = ''] of read(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file = '', section] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      expect([target, existsSync(join(ROOT, linked))]).toEqual([target, true]);
      if (section !== undefined) expect(anchors(linked)).toContain(section);
    }
  });
});

describe('a marked region', () => {
  it('is replaced, and what is around it stays', () => {
    expect(withRegion('a\n<!-- x:begin -->old<!-- x:end -->\nb', 'x', 'new')).toBe(
      'a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb',
    );
  });

  it.each([
    'nothing',
    '<!-- x:begin -->',
    '<!-- x:end --><!-- x:begin -->',
    '<!-- x:begin --><!-- x:end -->'.repeat(2),
  ])('must be there once: %s', (text) => {
    expect(() => withRegion(text, 'x', 'new')).toThrow('each once');
  });
});
