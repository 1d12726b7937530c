import { join } from 'node:path';
import { readVersions } from '../../../tools/release/project';
import {
  disagreements,
  problemsOf,
  sectionsOf,
  type Tree,
  type Versions,
} from '../../../tools/release/readiness';

const ROOT = join(__dirname, '..', '..', '..');

const CHANGELOG = `# Changelog

Preamble.

## 1.2.0 - 2026-03-02

### Added

- Something.

## 1.1.0

- The first.
`;

const VERSIONS: Versions = {
  version: '1.2.0',
  locked: ['1.2.0', '1.2.0'],
  sections: sectionsOf(CHANGELOG),
  tarballs: ['1.2.0'],
};

const TREE: Tree = {
  expected: 'aaa',
  commit: 'aaa',
  uncommitted: [],
  definition: '{}',
  recorded: '{}',
};

test('the version of this project is the same wherever it is written', () => {
  const versions = readVersions(ROOT);
  expect(versions.tarballs.length).toBeGreaterThan(0);
  expect(disagreements(versions)).toEqual([]);
});

test.each<[string, string, readonly (readonly [string, string | undefined])[]]>([
  ['none', '# Changelog\n', []],
  ['one without a date', '# Changelog\n\n## Unreleased\n', [['Unreleased', undefined]]],
  [
    'two',
    CHANGELOG,
    [
      ['1.2.0', '2026-03-02'],
      ['1.1.0', undefined],
    ],
  ],
])('the sections of a changelog with %s', (_case, text, sections) => {
  expect(sectionsOf(text).map(({ title, date }) => [title, date])).toEqual(sections);
});

test('a release in order has no problem', () => {
  expect(problemsOf(VERSIONS, TREE)).toEqual([]);
});

const sections = (text: string): Partial<Versions> => ({ sections: sectionsOf(text) });

test.each<[string, Partial<Versions>, Partial<Tree>, string]>([
  ['no version', { version: 'next', locked: ['next'] }, {}, 'next is not a version'],
  ['the lock file', { locked: ['1.2.0', '1.1.0'] }, {}, 'package-lock.json says 1.2.0 and 1.1.0'],
  ['a lock file without', { locked: [undefined, undefined] }, {}, 'run npm install'],
  ['no section', sections('## 1.1.0 - 2026-03-02\n\nText.'), {}, 'has no section 1.2.0'],
  ['a tarball', { tarballs: ['1.2.0', '1.1.0'] }, {}, 'names the tarball of 1.1.0; it is 1.2.0 now'],
  ['a section above', sections(`## Unreleased\n\nMore.\n\n${CHANGELOG}`), {}, 'begins with Unreleased'],
  ['a date to come', sections('## 1.2.0 - unreleased\n\nText.'), {}, 'has no date'],
  ['no such day', sections('## 1.2.0 - 2026-02-30\n\nText.'), {}, 'has no date'],
  ['nothing said', sections('## 1.2.0 - 2026-03-02\n'), {}, 'says nothing of 1.2.0'],
  ['another commit', {}, { commit: 'bbb' }, 'bbb is checked out, and aaa was to be examined'],
  [
    'a change',
    {},
    { uncommitted: [' M lib/app.ts', '?? notes'] },
    'put it aside:\n   M lib/app.ts\n  ?? notes',
  ],
  ['no recording', {}, { recorded: undefined }, 'npm run record -- 1.2.0'],
  ['another definition', {}, { recorded: '{"States":{}}' }, 'has another definition'],
])('what is wrong is told: %s', (_case, versions, tree, problem) => {
  expect(problemsOf({ ...VERSIONS, ...versions }, { ...TREE, ...tree })).toContainEqual(
    expect.stringContaining(problem),
  );
});
