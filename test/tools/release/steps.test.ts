import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from '../../../simulation/options';
import { PARTS } from '../../../simulation/search/turn';
import { stepsOf } from '../../../tools/release/steps';

const ROOT = join(__dirname, '..', '..', '..');
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

const steps = stepsOf('1.2.0', 'aaa');

/** The script of a step's command, and the options after it. */
const scriptOf = ([program, ...args]: readonly string[]) =>
  program === 'npm' ? { script: args[2] ?? '', options: args.slice(4) } : undefined;

const scripts = steps.flatMap(({ command }) => scriptOf(command) ?? []);

test('each step has a name of its own', () => {
  expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
});

test('the scripts are there', () => {
  const { scripts: known } = JSON.parse(read('package.json')) as { readonly scripts: object };
  for (const { script } of scripts) expect(Object.keys(known)).toContain(script);
});

test('it runs all that the check of a change runs, and plays its stories in the tests', () => {
  const ofChange = [...read('.ci', 'run').matchAll(/^npm (?:run )?(\S+)/gm)].map(([, script]) => script);
  expect(ofChange.length).toBeGreaterThan(5);
  // Of these, npm test and the proofs play all.
  const others = ofChange.filter((script) => script !== 'ci' && script !== 'start');
  expect(scripts.map(({ script }) => script)).toEqual(expect.arrayContaining(others));
});

test('the parts of the exhaustive runs are the whole', () => {
  const parts = scripts
    .filter(({ options }) => options.includes('--exhaustive'))
    .map(({ options }) => parseCommand(options));
  expect(
    parts.map((command) => command.kind === 'run' && command.mode.kind === 'exhaustive' && command.mode.part),
  ).toEqual(Array.from({ length: PARTS }, (_, index) => ({ number: index + 1, of: PARTS })));
});

test('the simulation takes the options', () => {
  for (const { options } of scripts.filter(({ script }) => script === 'simulate')) {
    expect(parseCommand(options).kind).toBe('run');
  }
});
