/**
 * Draws which room of the code may import which, from biome.rooms.json, into the marked regions of docs/architecture.md:
 *
 *     npx tsx tools/docs/rooms.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import rules from '../../biome.rooms.json';
import { withRegion } from './region';

const ARCHITECTURE_FILE = join(__dirname, '..', '..', 'docs', 'architecture.md');

/** A folder, and the folders and files of others that it may import. */
interface Room {
  readonly path: string;
  readonly imports: readonly string[];
}

/** `../secret/**` and `**\/lambdas/shared/secret/**`, said in lambdas/shared/words, are the same folder. */
const resolve = (from: string, pattern: string): string => {
  const path = pattern.replace(/\/\*\*$/, '');
  return path.startsWith('**/') ? path.slice('**/'.length) : posix.join(from, path);
};

/** Rules of single files in a folder are no rooms. */
const ROOMS: readonly Room[] = rules.overrides.flatMap(({ includes, linter }) =>
  includes
    .filter((pattern) => /^[^*]+\/\*\*?$/.test(pattern))
    .map((pattern) => {
      const path = pattern.replace(/\/\*\*?$/, '');
      const groups = linter.rules.style.noRestrictedImports.options.patterns.flatMap(({ group }) => group);
      const allowed = groups.filter((one) => one.startsWith('!')).map((one) => resolve(path, one.slice(1)));
      return { path, imports: [...new Set(allowed)] };
    }),
);

const houseOf = (path: string): string => path.replace(/\/.*/, '');

/** `lambdas/shared/text` is in the house `lambdas/shared`, `lib/config` in `lib`. */
const isRoom = ({ path }: Room): boolean => path.includes('/');

/** The room that a folder or file belongs to. */
const roomOf = (path: string): string | undefined =>
  ROOMS.filter((room) => isRoom(room) && `${path}/`.startsWith(`${room.path}/`))[0]?.path;

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Without the arrows that follow from others. There are no circles.
 *
 * @throws Error when a room may not import what it reaches through another one: the picture would say that it may.
 */
const reduced = (arrows: Arrows): Arrows => {
  const reached = (from: string): readonly string[] =>
    [...(arrows.get(from) ?? [])].flatMap((to) => [to, ...reached(to)]);
  return new Map(
    [...arrows].map(([from, targets]) => {
      const further = new Set([...targets].flatMap(reached));
      const closed = [...further].find((to) => !targets.has(to));
      if (closed !== undefined) throw new Error(`${from} reaches ${closed}, but may not import it.`);
      return [from, new Set([...targets].filter((to) => !further.has(to)))];
    }),
  );
};

const fenced = (lines: readonly string[]): string => ['```mermaid', ...lines, '```'].join('\n');

const idOf = (path: string): string => path.replace(/[^a-z]/g, '_');

/** The folders at the top. An arrow has the rooms of the other that are meant, where not all are. */
const houses = (): string => {
  const names = [...new Set(ROOMS.map(({ path }) => houseOf(path)))];
  const targetsOf = (house: string): readonly string[] => [
    ...new Set(
      ROOMS.filter(({ path }) => houseOf(path) === house)
        .flatMap(({ imports }) => imports)
        .filter((target) => houseOf(target) !== house),
    ),
  ];
  const whole = reduced(
    new Map(
      names.map((house) => [house, new Set(targetsOf(house).filter((target) => !target.includes('/')))]),
    ),
  );
  const arrows = names.flatMap((house) => [
    ...[...(whole.get(house) ?? [])].map((target) => `  ${idOf(house)} --> ${idOf(target)}`),
    ...names.flatMap((other) => {
      const rooms = targetsOf(house).filter((target) => target.startsWith(`${other}/`));
      const labels = [...new Set(rooms.map((target) => posix.basename(roomOf(target) ?? target)))];
      return labels.length === 0 ? [] : [`  ${idOf(house)} -->|"${labels.join(', ')}"| ${idOf(other)}`];
    }),
  ]);
  return fenced(['flowchart LR', ...names.map((house) => `  ${idOf(house)}["${house}/"]`), ...arrows]);
};

/** The rooms of each house. */
const rooms = (): string => {
  const inside = ROOMS.filter(isRoom);
  const parents = [...new Set(inside.map(({ path }) => posix.dirname(path)))];
  const arrows = reduced(
    new Map(
      inside.map(({ path, imports }) => [
        path,
        new Set(
          imports.flatMap((target) => {
            const room = roomOf(target);
            return room !== undefined && posix.dirname(room) === posix.dirname(path) ? [room] : [];
          }),
        ),
      ]),
    ),
  );
  return fenced([
    'flowchart LR',
    ...parents.flatMap((parent) => [
      `  subgraph ${idOf(parent)}["${parent}/"]`,
      ...inside
        .filter(({ path }) => posix.dirname(path) === parent)
        .flatMap(({ path }) => [
          `    ${idOf(path)}["${posix.basename(path)}"]`,
          ...[...(arrows.get(path) ?? [])].map((target) => `    ${idOf(path)} --> ${idOf(target)}`),
        ]),
      '  end',
    ]),
  ]);
};

/** The text with both pictures in their marked regions. */
export const withRooms = (architecture: string): string =>
  withRegion(withRegion(architecture, 'houses', houses()), 'rooms', rooms());

if (require.main === module) {
  writeFileSync(ARCHITECTURE_FILE, withRooms(readFileSync(ARCHITECTURE_FILE, 'utf8')));
}
