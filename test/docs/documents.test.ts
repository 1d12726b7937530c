import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { DRAIN_SECONDS } from '../../lambdas/shared/contract/timing';
import { TELLINGS } from '../../lambdas/shared/contract/told';
import { RUNBOOK_SECTIONS } from '../../lib/config/runbook-sections';
import { SETTINGS } from '../../lib/config/schema';
import { withCourse } from '../../tools/docs/course';
import { NO_LINE, withDecisions } from '../../tools/docs/decisions';
import { withPermissions } from '../../tools/docs/permissions';
import { PROSE_WIDTH } from '../../tools/docs/prose';
import { withRegion } from '../../tools/docs/region';
import { withRooms } from '../../tools/docs/rooms';
import { withDeployment, withSettings } from '../../tools/docs/settings';
import { withSteps } from '../../tools/docs/steps';
import { anchorsOf, headingsOf } from '../support/headings';

const ROOT = join(__dirname, '..', '..');
const ADR = join('docs', 'adr');
const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  join('consumer', 'README.md'),
  join('consumer', 'conformance', 'README.md'),
  join('docs', 'accepting.md'),
  join('docs', 'adopting.md'),
  join('docs', 'architecture.md'),
  join('docs', 'assumptions.md'),
  join('docs', 'audit.md'),
  join('docs', 'command.md'),
  join('docs', 'configuration.md'),
  join('docs', 'consumers.md'),
  join('docs', 'cost.md'),
  join('docs', 'deployment.md'),
  join('docs', 'events.md'),
  join('docs', 'examples', 'adopting', 'README.md'),
  join('docs', 'fidelity.md'),
  join('docs', 'guarantees.md'),
  join('docs', 'leaked-key.md'),
  join('docs', 'operations.md'),
  join('docs', 'package.md'),
  join('docs', 'performance.md'),
  join('docs', 'recipients.md'),
  join('docs', 'runbook.md'),
  join('docs', 'security.md'),
  join('docs', 'tutorial.md'),
  join('docs', 'upgrading.md'),
  ...readdirSync(join(ROOT, ADR)).map((name) => join(ADR, name)),
];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const headings = (path: string): readonly string[] => headingsOf(read(path));
const anchors = (path: string): readonly string[] => anchorsOf(read(path));

describe('the runbook', () => {
  const runbook = join('docs', 'runbook.md');

  it.each([
    ...new Set([...ERROR_NAMES, ...TELLINGS]),
    'EmergencyNotStarted',
    'PersonNotTold',
    'States.Runtime',
    'States.Timeout',
  ])('has a section that is called %s', (name) => {
    expect(headings(runbook).filter((heading) => heading === name)).toHaveLength(1);
  });

  it.each(Object.values(RUNBOOK_SECTIONS))(
    'has the section #%s, to which an alarm or a message sends',
    (section) => {
      expect(anchors(runbook)).toContain(section);
    },
  );

  it('has every section to which a message sends a person', () => {
    const messages = read(join('docs', 'messages.md'));
    const definition = read(join('state-machine', 'access-key-rotation.asl.json')).replaceAll('\\"', '"');
    const linked = [...(messages + definition).matchAll(/Runbook: \S+#([\w-]+)/g)].map(
      ([, anchor]) => anchor,
    );
    expect(linked.length).toBeGreaterThan(100);
    expect(anchors(runbook)).toEqual(expect.arrayContaining(linked));
    const named = [
      ...[...(messages + definition).matchAll(/docs\/runbook\.md, "([^"]+)"/g)].map(([, section]) => section),
      // Beside the names of errors, which are sections of their own.
      ...[...definition.matchAll(/"section": "([^"]+)"/g)].map(([, section]) => section),
    ];
    expect(named.length).toBeGreaterThan(3);
    expect(headings(runbook)).toEqual(expect.arrayContaining(named));
    // And each mention is one of those.
    for (const text of [messages, definition]) {
      for (const [mention] of text.matchAll(/runbook\.md.{0,10}/g)) {
        expect(mention).toMatch(/^runbook\.md(, "|#)/);
      }
    }
  });

  it.each(['Keys.', 'Look at', 'Do.', 'Urgent?'])('has the label %s at the beginning of a line', (label) => {
    const places = read(runbook).split(`**${label}**`).slice(0, -1);
    expect(places.length).toBeGreaterThan(20);
    expect(
      places.filter((before) => !/\n *(?:- )?$/.test(before)).map((before) => before.slice(-60)),
    ).toEqual([]);
  });

  it('tells to wait for as long as a stopped execution may still have an effect', () => {
    expect(DRAIN_SECONDS).toBe(180);
    expect(read(runbook)).toContain('it waits three minutes** (`DRAIN_SECONDS`) at most');
  });
});

describe('the settings in docs/configuration.md', () => {
  const page = read(join('docs', 'configuration.md'));

  it('are as the code reads them (else: npx tsx tools/docs/settings.ts)', () => {
    expect(withSettings(page)).toBe(page);
    const deployment = read('docs/deployment.md');
    expect(withDeployment(deployment)).toBe(deployment);
  });

  it.each(['users', 'stacks', 'notifications', 'runbookUrl', 'defaults', ...Object.keys(SETTINGS)])(
    'have a row for %s',
    (name) => {
      expect(page).toMatch(
        new RegExp(`^\\| (\\[\`${name}\`\\]\\([a-z./]*(?:#[a-z-]+)?\\)|\`${name}\`) +\\| \\S`, 'm'),
      );
    },
  );
});

describe('the architecture', () => {
  const architecture = read(join('docs', 'architecture.md'));

  it('draws the rooms as the linter keeps them apart (else: npx tsx tools/docs/rooms.ts)', () => {
    expect(withRooms(architecture)).toBe(architecture);
  });

  it('has the steps with their statuses (else: npx tsx tools/docs/steps.ts)', () => {
    expect(withSteps(architecture)).toBe(architecture);
  });

  it('has the permissions that the steps have (else: npx tsx tools/docs/permissions.ts)', () => {
    expect(withPermissions(architecture)).toBe(architecture);
  });
});

test('in what an emergency differs, the guarantees tell (else: npx tsx tools/docs/course.ts)', () => {
  const guarantees = read(join('docs', 'guarantees.md'));

  expect(withCourse(guarantees)).toBe(guarantees);
});

describe('the index of the decisions', () => {
  const index = read(join(ADR, 'README.md'));

  it('has the titles and the status of the files (else: npx tsx tools/docs/decisions.ts)', () => {
    expect(withDecisions(index)).toBe(index);
  });

  it('says of each decision in one line what it is', () => {
    expect(index).not.toContain(NO_LINE);
  });
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

/** What is in a folder of ours, as a document names it. Decisions tell of the tree as it was. */
const PATH =
  /`((?:\.ci|consumer|docs|embedded-aws|lambdas|lib|local|simulation|state-machine|test|tools)\/[\w./-]+)`/g;

/** Lines of prose: what is neither a table nor code. Code within a line cannot be broken. */
const proseOf = (document: string): readonly string[] =>
  document
    .replace(/^ *```[\s\S]*?^ *```$/gm, '')
    .replace(/`[^`\n]+`/g, '')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('|'));

describe('prose', () => {
  it.each(DOCUMENTS.filter((path) => !path.startsWith(ADR)))('of %s has lines that fit', (path) => {
    expect(proseOf(read(path)).filter((line) => line.length > PROSE_WIDTH)).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  it('has 180 lines at most', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(180);
  });

  it('leads to every other page', () => {
    const linked = [...readme.matchAll(/\]\(docs\/([\w-]+\.md)/g)].map(([, page]) => page);
    // That one is for those who run the mutations.
    const pages = readdirSync(join(ROOT, 'docs')).filter(
      (name) => name.endsWith('.md') && name !== 'mutants.md',
    );
    expect([...new Set(linked)].sort()).toEqual(pages.sort());
  });
});

describe('paths', () => {
  const living = DOCUMENTS.filter((path) => !path.startsWith(ADR));

  it.each(living)('in %s are there', (path) => {
    const missing = [...read(path).matchAll(PATH)].flatMap(([, named = '']) =>
      existsSync(join(ROOT, named)) ? [] : [named],
    );
    expect(missing).toEqual([]);
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
