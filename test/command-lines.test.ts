import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { run } from '../command/program';
import { parseCommand as parseConsumer } from '../consumer/command/options';
import type { HelpOrMisuse } from '../consumer/ground/command-line';
import { parseCommand as parseBuild } from '../consumer/package-folder';
import { parseCommand as parseStart } from '../local/story/options';
import { scripts } from '../package.json';
import { parseCommand as parseSimulate } from '../simulation/options';
import { parseCommand as parseRecord } from '../simulation/recorded/main';
import { parseCommand as parseAccept } from '../tools/accept/options';
import { parseCommand as parseBench } from '../tools/bench/options';
import { parseCommand as parseRelease } from '../tools/release/program';
import { parseCommand as parseE2e } from './e2e/options';

/*
 * All command lines of the repository are equally strict. What a person cannot have meant ends with 2 and a sentence, before anything
 * has begun.
 */

const ROOT = join(__dirname, '..');

interface Ended {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** What a parsed command line leads to, if it is only help or misuse. */
const ended = (parsed: HelpOrMisuse | { readonly kind: string }): Ended => {
  if ('message' in parsed) return { exit: 2, out: '', err: `${parsed.message}\n` };
  if ('text' in parsed) return { exit: 0, out: parsed.text, err: '' };
  throw new Error(`Work would begin: ${JSON.stringify(parsed)}`);
};

/** `access-key-rotation`, without what its commands do. */
const command = async (args: readonly string[]): Promise<Ended> => {
  let [out, err] = ['', ''];
  const surroundings = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    ask: undefined,
    readInput: undefined,
    directory: ROOT,
  };
  const exit = await run(args, surroundings, () => Promise.reject(new Error('Work would begin.')));
  return { exit, out, err };
};

interface CommandLine {
  /** What a person gets who types it. */
  readonly type: (args: readonly string[]) => Ended | Promise<Ended>;
  /** A beginning that may be followed by options. */
  readonly begin: readonly string[];
  /** As many arguments as it takes at most. */
  readonly full: readonly string[];
  /** An option with a value, and one without; undefined: there is none. */
  readonly valued?: readonly [string, string];
  readonly flag?: string;
  /** Of an option that is given more than once, the last one counts, as it always has. */
  readonly lastCounts?: true;
}

const plain = { begin: [], full: [] };
const account = ['--account', '111122223333'];
const secret = ['credential-process', '--secret-id', 'a'];

const COMMAND_LINES: Readonly<Record<string, CommandLine>> = {
  'npm start': {
    ...plain,
    type: (args) => ended(parseStart(args, undefined)),
    ...{ valued: ['--user', 'bob'], flag: '--json' },
  },
  'npm run simulate': {
    ...plain,
    type: (args) => ended(parseSimulate(args)),
    ...{ valued: ['--seed', '7'], flag: '--json' },
  },
  'npm run bench': {
    ...plain,
    type: (args) => ended(parseBench(args)),
    ...{ valued: ['--rounds', '7'], flag: '--json' },
  },
  'npm run test:e2e': {
    ...plain,
    type: (args) => ended(parseE2e(args, [{ name: 'moto', title: 'roles' }])),
    ...{ valued: ['--aws-account', '111122223333'], flag: '--record' },
  },
  'npm run accept': {
    type: (args) => ended(parseAccept(args)),
    ...{ begin: account, full: account, valued: ['--region', 'eu-west-1'], flag: '--yes' },
  },
  'npm run release:check': {
    ...plain,
    type: (args) => ended(parseRelease(args, ['ready', 'test'])),
    flag: '--json',
  },
  'npm run record': { type: (args) => ended(parseRecord(args)), begin: [], full: ['1.2.0'] },
  'npm run build': { type: (args) => ended(parseBuild('build', 'dist', args)), begin: [], full: ['folder'] },
  'npm run build:consumer': {
    type: (args) => ended(parseBuild('build:consumer', 'dist', args)),
    ...{ begin: [], full: ['folder'] },
  },
  'rotated-credentials': {
    type: (args) => ended(parseConsumer(args)),
    ...{ begin: secret, full: secret, valued: ['--region', 'eu-west-1'], lastCounts: true },
  },
  'rotated-credentials credentials-file': {
    type: (args) => ended(parseConsumer(args)),
    begin: ['credentials-file', '--secret-id', 'a', '--write-profile', 'b'],
    full: ['credentials-file', '--secret-id', 'a', '--write-profile', 'b'],
    ...{ valued: ['--file', '/srv/keys'], flag: '--self', lastCounts: true },
  },
  'access-key-rotation': {
    type: command,
    begin: ['rollback'],
    full: ['rollback', 'alice'],
    ...{ valued: ['--reason', 'why'], flag: '--yes' },
  },
  'access-key-rotation, options of all commands': {
    type: command,
    begin: ['rollback', 'alice'],
    full: ['rollback', 'alice'],
    ...{ valued: ['--region', 'eu-west-1'], flag: '--json' },
  },
};

type Row = readonly [name: string, what: string, args: readonly string[], says: RegExp];

const rows: readonly Row[] = Object.entries(COMMAND_LINES).flatMap(
  ([name, { begin, full, valued, flag }]) => {
    const more: Row[] = [];
    if (valued !== undefined) {
      const [option, value] = valued;
      more.push(
        [name, 'an option twice', [...full, option, value, option, value], /more than once/],
        [
          name,
          'an option twice, in two ways',
          [...full, option, value, `${option}=${value}`],
          /more than once/,
        ],
        [name, 'no value', [...full, option], /argument missing/],
        [
          name,
          'an option in place of a value',
          [...full, option, flag ?? '--help'],
          /argument (missing\n|'--)/,
        ],
        [
          name,
          'a value that begins with a dash, which may be a forgotten one',
          [...full, option, '-see ticket'],
          new RegExp(
            `argument (missing; one that begins with a dash is given as '${option}=-see ticket'|'-see)`,
          ),
        ],
        [name, 'an empty value', [...full, option, ''], /empty argument/],
        [name, 'an empty value after =', [...full, `${option}=`], /argument (missing|'')/],
      );
    }
    if (flag !== undefined) {
      more.push(
        [name, 'a flag twice', [...full, flag, flag], /more than once/],
        [name, 'a value of a flag', [...full, `${flag}=yes`], /takes no value, but/],
        [name, 'an empty value of a flag', [...full, `${flag}=`], /takes no value, but/],
      );
    }
    return [
      [name, 'an unknown option', [...full, '--nonsense'], /unknown option '--nonsense'/],
      [name, 'an unknown option with a value', [...full, '--nonsense=1'], /unknown option '--nonsense=1'/],
      [name, 'an unknown short option', [...full, '-x'], /unknown option '-x'/],
      [name, 'an argument too many', [...full, 'more'], /unexpected argument 'more'/],
      [name, 'an empty argument', [...begin, ''], /empty argument/],
      [name, '-- and another', [...full, '--', '--'], /'--' was given/],
      [name, '-- without need', [...full, '--', 'more'], /'--' was given/],
      [name, '-- and an argument too many', [...full, '--', '--more'], /unexpected argument '--more'/],
      ...more,
    ];
  },
);

/** What some take, and others refuse. */
const isTaken = ([name, what]: Row): boolean =>
  COMMAND_LINES[name]?.lastCounts === true && / twice/.test(what);

test.each(rows.filter((row) => !isTaken(row)))('%s refuses %s: %j', async (name, _what, args, says) => {
  const { type } = COMMAND_LINES[name] as CommandLine;
  const { exit, out, err } = await type(args);
  expect([exit, out]).toEqual([2, '']);
  // One sentence, perhaps with what may have been meant, and where there is more.
  expect(err).toMatch(/^error: .+\n(\(Did you mean .+\?\)\n)?See .+ --help\.\n$/);
  expect(err).toMatch(says);
});

/** What has one meaning, and may stand in somebody's file or script. */
const taken: readonly (readonly [string, string, readonly string[]])[] = [
  ...Object.entries(COMMAND_LINES).map(
    ([name, { full }]) => [name, '-- at the end', [...full, '--']] as const,
  ),
  ...rows.filter(isTaken).map(([name, what, args]) => [name, what, args] as const),
];

test.each(taken)('%s takes %s: %j', async (name, _what, args) => {
  const { type } = COMMAND_LINES[name] as CommandLine;
  await expect(async () => type(args)).rejects.toThrow('Work would begin');
});

test.each(Object.keys(COMMAND_LINES))('%s has help in 80 columns, whatever else was given', async (name) => {
  const { type, full } = COMMAND_LINES[name] as CommandLine;
  const helps = await Promise.all([type(['--help']), type(['-h']), type([...full, '--help'])]);
  for (const { exit, out, err } of helps) {
    expect([exit, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^Usage: ${name.replace(/[ ,].*/, '')}`));
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

/** Scripts of package.json with code of this repository: `tsx file`. */
const OWN = Object.entries(scripts).flatMap(([script, line]) => {
  const [, file] = /^tsx (?:--\S+ )*(\S+)$/.exec(line) ?? [];
  return file === undefined ? [] : [[script, file] as const];
});

test('none is left out', () => {
  const names = OWN.map(([script]) => (script === 'start' ? 'npm start' : `npm run ${script}`));
  expect(Object.keys(COMMAND_LINES)).toEqual(expect.arrayContaining(names));
});

const exitOf = (file: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: ROOT });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit: exit ?? -1, out, err }));
  });

test.each<readonly [string, string]>([
  ...OWN,
  ['rotated-credentials', 'consumer/main.ts'],
  ['access-key-rotation', 'command/main.ts'],
])(
  '%s ends with 2',
  async (_script, file) => {
    const { exit, out, err } = await exitOf(file, ['--nonsense']);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toMatch(/^error: .+\nSee .+ --help\.$/m);
  },
  30_000,
);
