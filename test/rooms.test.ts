import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import rules from '../biome.rooms.json';

/*
 * biome.rooms.json says what each folder may import, so that imports run one way. A folder without a rule would be a way round.
 */

const ROOT = join(__dirname, '..');

/** Folders whose own folders are rooms. Each step has a folder of its own, for which one rule speaks. */
const HOUSES = ['lambdas/shared', 'lib', 'consumer', 'embedded-aws', 'local', 'simulation'];

/** Without code of ours that another room could import. */
const NO_ROOMS = ['lambdas/shared/sdk', 'consumer/conformance'];

const rooms = HOUSES.flatMap((house) =>
  readdirSync(join(ROOT, house), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => `${house}/${name}`),
).filter((room) => !NO_ROOMS.includes(room));

const ruled = rules.overrides.flatMap(({ includes }) => includes);

test.each(rooms)('%s has a rule of what it may import', (room) => {
  expect(ruled).toContain(`${room}/**`);
});

test('there is no rule for a folder that is not there', () => {
  const folders = ruled.map((pattern) =>
    pattern.replace(/\/(\*\*?(\/.*)?|[\w.-]+\.ts)$/, '').replace(/\/\*.*$/, ''),
  );
  expect(folders.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
});

test.each([...rooms, ...HOUSES, 'lambdas', 'state-machine', 'command', 'picture', 'tools', 'test'])(
  '%s says in a few lines what lives there, and what does not',
  (room) => {
    const [title, ...lines] = readFileSync(join(ROOT, room, 'README.md'), 'utf8')
      .trim()
      .split('\n');
    // What consumers install has a manual of its own.
    if (room === 'consumer') return;
    expect(title).toBe(`# ${room}`);
    expect(lines.filter((line) => line !== '').length).toBeLessThanOrEqual(3);
  },
);
