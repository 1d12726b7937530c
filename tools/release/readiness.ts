/** A section of the changelog. */
export interface Section {
  /** A version, or `Unreleased`. */
  readonly title: string;
  /** Such as `2026-11-27`; undefined if it has none. */
  readonly date: string | undefined;
  readonly text: string;
}

/** Where the version is written. */
export interface Versions {
  /** That of package.json. */
  readonly version: string;
  /** Those of package-lock.json: its own, and that of the project among its packages. */
  readonly locked: readonly (string | undefined)[];
  readonly sections: readonly Section[];
  /** Those of the tarballs that docs/package.md names. */
  readonly tarballs: readonly string[];
}

/** What a clone has checked out. */
export interface CheckedOut {
  /** The commit that is to be examined, and the one that is checked out. */
  readonly expected: string;
  readonly commit: string;
  /** What `git status --porcelain` has to say. */
  readonly uncommitted: readonly string[];
}

/** What a release asks for besides. */
export interface Tree extends CheckedOut {
  readonly definition: string;
  /** The definition of the recording that has the name of the version; undefined if there is none. */
  readonly recorded: string | undefined;
}

const HEADING = /^## (?<title>\S+)(?: - (?<date>\S+))?$/;

/** The sections of a changelog in the form of Keep a Changelog, the youngest first. */
export const sectionsOf = (changelog: string): readonly Section[] =>
  changelog
    .split(/^(?=## )/m)
    .filter((section) => section.startsWith('## '))
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const { title = heading, date } = HEADING.exec(heading)?.groups ?? {};
      return { title, date, text: lines.join('\n').trim() };
    });

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().startsWith(text);

/** Where the version is written otherwise than in package.json. What to do is part of each. */
export const disagreements = ({ version, locked, sections, tarballs }: Versions): readonly string[] => [
  ...(/^\d+\.\d+\.\d+$/.test(version) ? [] : [`package.json: ${version} is not a version such as 1.2.0.`]),
  ...(locked.every((one) => one === version)
    ? []
    : [`package-lock.json says ${locked.join(' and ')}, package.json says ${version}: run npm install.`]),
  ...(sections.some(({ title }) => title === version)
    ? []
    : [`CHANGELOG.md has no section ${version}, which is the version in package.json: write one.`]),
  ...tarballs.flatMap((tarball) =>
    tarball === version ? [] : [`docs/package.md names the tarball of ${tarball}; it is ${version} now.`],
  ),
];

const changelogProblems = ({ version, sections }: Versions): readonly string[] => {
  const [first] = sections;
  if (first === undefined) return [];
  return [
    ...(first.title === version
      ? []
      : [`CHANGELOG.md begins with ${first.title}: what is released is ${version}. Name the section so.`]),
    ...(first.date !== undefined && isDay(first.date)
      ? []
      : [`CHANGELOG.md: "${first.title}" has no date. Write it as "## ${version} - 2026-01-31".`]),
    ...(first.text === '' ? [`CHANGELOG.md says nothing of ${first.title}.`] : []),
  ];
};

/** What makes a working tree another one than that of the commit. What is run in it says nothing of the commit. */
export const differencesOf = ({ expected, commit, uncommitted }: CheckedOut): readonly string[] => [
  ...(commit === expected
    ? []
    : [`${commit} is checked out, and ${expected} was to be examined: begin again.`]),
  ...(uncommitted.length === 0
    ? []
    : [`What is not committed is not released. Commit it, or put it aside:\n  ${uncommitted.join('\n  ')}`]),
];

const treeProblems = ({ version }: Versions, tree: Tree): readonly string[] => [
  ...differencesOf(tree),
  ...(tree.recorded === undefined
    ? [`No executions of ${version} are recorded: npm run record -- ${version}`]
    : tree.recorded === tree.definition
      ? []
      : [
          `The recording of ${version} has another definition than the release would. If ${version} is not released yet, ` +
            `record it again: remove test/state-machine/recorded/${version}, then npm run record -- ${version}`,
        ]),
];

/** Why this may not be released; nothing if it may, as far as that can be told without running anything. */
export const problemsOf = (versions: Versions, tree: Tree): readonly string[] => [
  ...disagreements(versions),
  ...changelogProblems(versions),
  ...treeProblems(versions, tree),
];
