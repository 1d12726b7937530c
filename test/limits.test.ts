import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import configuration from '../biome.json';

/*
 * biome.json says how long and how complex a function may be, and which files have a higher limit of their own. Such a limit
 * is what the file needs and no more, so it can only fall.
 */

const ROOT = join(__dirname, '..');
const FOLDERS = [
  'lambdas',
  'lib',
  'state-machine',
  'consumer',
  'embedded-aws',
  'local',
  'simulation',
  'tools',
];

interface Limits {
  readonly noExcessiveCognitiveComplexity?: { readonly options: { readonly maxAllowedComplexity: number } };
  readonly noExcessiveLinesPerFunction?: { readonly options: { readonly maxLines: number } };
}

const limited = configuration.overrides.flatMap(({ includes, linter }) => {
  const limits = linter?.rules.complexity as Limits | undefined;
  return limits === undefined ? [] : [{ includes, limits }];
});
const isGeneral = ({ includes }: { readonly includes: readonly string[] }) =>
  includes.every((pattern) => pattern.endsWith('/**'));

/** Limits as `rule of file`: what exceeds the general ones. */
type Excess = Readonly<Record<string, number>>;

const ALLOWED: Excess = Object.fromEntries(
  limited
    .filter((entry) => !isGeneral(entry))
    .flatMap(({ includes: [file], limits }) => [
      [
        `noExcessiveCognitiveComplexity of ${file}`,
        limits.noExcessiveCognitiveComplexity?.options.maxAllowedComplexity,
      ],
      [`noExcessiveLinesPerFunction of ${file}`, limits.noExcessiveLinesPerFunction?.options.maxLines],
    ])
    .filter(([, limit]) => limit !== undefined),
);

/** What Biome finds when no file has a limit of its own. */
const found = (): Excess => {
  const folder = mkdtempSync(join(tmpdir(), 'limits-'));
  try {
    const overrides = limited.filter(isGeneral).map(({ includes, limits }) => ({
      includes: includes.map((pattern) => `**/${pattern}`),
      linter: { rules: { complexity: limits } },
    }));
    const rules = { preset: 'none' };
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ linter: { rules }, overrides }));
    const { stdout } = spawnSync(
      join(ROOT, 'node_modules', '.bin', 'biome'),
      ['lint', `--config-path=${folder}`, '--max-diagnostics=none', '--reporter=json', ...FOLDERS],
      { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    const excess: Record<string, number> = {};
    for (const { category, message, location } of JSON.parse(stdout).diagnostics) {
      const name = `${category.split('/').at(-1)} of ${location.path}`;
      const [, amount] = /(?:complexity of |lines \()(\d+)/.exec(message) ?? [];
      excess[name] = Math.max(excess[name] ?? 0, Number(amount));
    }
    return excess;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('a file with a limit of its own needs it, and no higher one: lower it in biome.json, or take it out', () => {
  expect(found()).toEqual(ALLOWED);
});

test('the limits are those of all folders with code, and functions that run at AWS are short', () => {
  expect(limited.filter(isGeneral)).toEqual([
    {
      includes: FOLDERS.map((folder) => `${folder}/**`),
      limits: { noExcessiveCognitiveComplexity: { level: 'error', options: { maxAllowedComplexity: 20 } } },
    },
    {
      includes: ['lambdas/**'],
      limits: { noExcessiveLinesPerFunction: { level: 'error', options: { maxLines: 70 } } },
    },
  ]);
});
