import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../tools/release/check';
import type { Step } from '../../../tools/release/steps';

/*
 * The check with commands that take no time, in a clone of their own. Each step appends its name to the file `ran`, and fails while there
 * is a file of its name. Git looks at none of these files, but at one that is called `extra`.
 */

let root = '';

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
    cwd: root,
    encoding: 'utf8',
  }).trim();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'release-check-'));
  writeFileSync(join(root, 'package.json'), '{"version":"1.2.0"}');
  writeFileSync(join(root, '.gitignore'), '*\n!package.json\n!.gitignore\n!extra\n');
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'test: begin');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const shell = (script: string): Step['command'] => ['sh', '-c', script];

const doing = (name: string, also = ':'): Step['command'] =>
  shell(
    `printf '${name} ' >> ran; ${also}; if [ -e ${name} ]; then echo '${name} is broken' >&2; exit 7; fi`,
  );

const step = (name: string, more: Partial<Step> = {}): Step => ({
  name,
  proves: `${name} holds`,
  command: doing(name),
  minutes: 1,
  ...more,
});

const part = (name: string, schedules: number): Step =>
  step(name, {
    command: doing(
      name,
      `echo progress >&2; echo '{"schedules": ${schedules}, "executions": 2, "faultsInjected": 3, "violations": 0}'`,
    ),
    isPart: true,
  });

const GATED = [
  step('ready', { isGate: true }),
  step('test'),
  part('part-1', 10),
  part('part-2', 20),
  step('last'),
];

const check = async (args: readonly string[], steps: readonly Step[] = GATED) => {
  let out = '';
  let err = '';
  rmSync(join(root, 'ran'), { force: true });
  const exit = await main(args, {
    root,
    stepsOf: () => steps,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    date: '2026-03-02',
  });
  const file = join(root, 'ran');
  const ran = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : [];
  return { exit, out, err, ran };
};

const breakStep = (name: string) => writeFileSync(join(root, name), '');
const mend = (name: string) => rmSync(join(root, name));

test('when every step passes, the release is ready, and the figures of the parts add up', async () => {
  const { exit, out, ran } = await check([]);
  expect(ran).toEqual(['ready', 'test', 'part-1', 'part-2', 'last']);
  expect(exit).toBe(0);
  expect(out).toMatch(/\n\nREADY: 1\.2\.0 at commit \w{7}\. All 5 steps have passed, in \d+ s\.\n\n/);
  expect(out).toContain('[2/5] test: test holds; about 1 min ...\n    passed after');
  expect(out).toContain('"schedules":30,"executions":4,"faults":6,"violations":0');
});

test('a step that fails does not stop the others, and the end says first which it was, with what it wrote', async () => {
  breakStep('test');
  const { exit, out, ran } = await check([]);
  expect(exit).toBe(1);
  expect(ran).toEqual(['ready', 'test', 'part-1', 'part-2', 'last']);
  expect(out).toMatch(/\n\nNOT READY: 1\.2\.0 at commit \w{7}\. Failed: test\.\n\n/);
  expect(out).toMatch(
    /test ended with exit status 7; all of it is in \S+test\.log\. Its last lines:\n {4}test is broken/,
  );
});

test('after a gate that fails nothing is run', async () => {
  breakStep('ready');
  const { exit, out, ran } = await check([]);
  expect([exit, ran]).toEqual([1, ['ready']]);
  expect(out).toContain('Failed: ready. Not run: test, part-1, part-2, last.');
});

test('--resume leaves out what has passed at this commit, but not the gate', async () => {
  breakStep('part-1');
  await check([]);
  mend('part-1');
  const { exit, out, ran } = await check(['--resume']);
  expect(ran).toEqual(['ready', 'part-1']);
  expect(exit).toBe(0);
  expect(out).toContain('test: has passed already.');
  // Without it, everything runs again.
  expect((await check([])).ran).toHaveLength(5);
});

describe('what passes on another tree than that of the commit counts for nothing', () => {
  // What a person has set for looking at it hides nothing.
  beforeEach(() => git('config', 'status.showUntrackedFiles', 'no'));

  const commitAnother =
    "git -c user.name=Test -c user.email=test@example.com commit --quiet --allow-empty -m 'test: another'";
  const CHANGES: readonly (readonly [string, string, string])[] = [
    ['a file that git does not know', 'echo > extra', '?? extra'],
    ['a file that is changed', 'echo >> package.json', ' M package.json'],
    ['a file that is staged', 'echo > extra && git add extra', 'A  extra'],
    ['another commit', commitAnother, 'was to be examined: begin again'],
  ];

  test.each(CHANGES)('%s, from a step on', async (_what, change, says) => {
    const steps = [
      step('ready', { isGate: true }),
      step('test', { command: doing('test', change) }),
      step('last'),
    ];
    const { exit, out, ran } = await check([], steps);
    // The hours of the others would be lost.
    expect([exit, ran]).toEqual([1, ['ready', 'test']]);
    expect(out).toMatch(/\n\nNOT READY: .+ Failed: test\. Not run: last\.\n/);
    expect(out).toContain('test does not count. ');
    expect(out).toContain(says);
  });

  test('a file that the step takes away', async () => {
    writeFileSync(join(root, 'extra'), '');
    const { exit, out } = await check([], [step('test', { command: doing('test', 'rm extra') })]);
    expect(exit).toBe(1);
    expect(out).toContain('?? extra');
  });

  test('--resume runs it again, when the tree is that of the commit again', async () => {
    const needsExtra = step('test', { command: doing('test', '[ -e extra ] || exit 1') });
    const withExtra = step('test', { command: doing('test', 'echo > extra') });
    const [ready, last] = [step('ready', { isGate: true }), step('last')];
    expect((await check([], [ready, withExtra, last])).exit).toBe(1);
    mend('extra');
    const { exit, out, ran } = await check(['--resume'], [ready, needsExtra, last]);
    expect([exit, ran]).toEqual([1, ['ready', 'test', 'last']]);
    expect(out).toContain('NOT READY');
    expect(out).not.toContain('does not count');
  });
});

test('what has passed at another commit counts for nothing', async () => {
  await check([]);
  appendFileSync(join(root, 'package.json'), '\n');
  git('commit', '--quiet', '--all', '--message', 'test: change');
  expect((await check(['--resume'])).ran).toHaveLength(5);
});

test('--only runs what it names after the gate; several runs add up', async () => {
  const { exit, out, ran } = await check(['--only', 'part-1', 'part-2']);
  expect(ran).toEqual(['ready', 'part-1', 'part-2']);
  expect(exit).toBe(3);
  expect(out).toContain('NOT PROVED YET: 1.2.0');
  expect(out).toContain('these were not run: test, last.');
  expect((await check(['--only', 'test', 'last'])).exit).toBe(0);
});

test('--json writes one document, and progress goes to the error stream', async () => {
  const { exit, out, err } = await check(['--json']);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    version: '1.2.0',
    commit: git('rev-parse', 'HEAD'),
    verdict: 'ready',
    whole: { schedules: 30, executions: 4, faultsInjected: 6, violations: 0 },
    steps: [{ name: 'ready', passed: true, ended: 'exit status 0' }, {}, {}, {}, {}],
  });
  expect(err).toContain('[5/5] last');
});

test('a part that says nothing of what it tried has proved nothing', async () => {
  const { exit, out } = await check([], [step('silent', { isPart: true })]);
  expect(exit).toBe(1);
  expect(out).toContain('Failed: silent.');
  expect(out).not.toContain('"whole"');
});

test('a command that is not there, or is killed, has failed', async () => {
  const { exit, out } = await check(
    [],
    [step('missing', { command: ['./not-there'] }), step('killed', { command: shell('kill -KILL $$') })],
  );
  expect(exit).toBe(1);
  expect(out).toContain('missing ended with spawn ./not-there ENOENT');
  expect(out).toContain('killed ended with SIGKILL');
});

test('results that were cut off count as none', async () => {
  await check([]);
  writeFileSync(join(root, '.local', 'release', git('rev-parse', 'HEAD'), 'results.json'), '[{"name":');
  expect((await check(['--resume'])).ran).toHaveLength(5);
});

test('what a step needs beside the environment, it gets', async () => {
  const told = step('told', {
    command: shell('[ "$DENIALS" = all ]'),
    environment: { DENIALS: 'all' },
  });
  expect((await check([], [told])).exit).toBe(0);
});

test('--list runs nothing, and says how long each step takes', async () => {
  const { exit, out, ran } = await check(['--list']);
  expect([exit, ran]).toEqual([0, []]);
  expect(out).toContain('5 steps, about 0.1 hours');
  expect(out).toContain('       1  part-2          part-2 holds');
  expect(JSON.parse((await check(['--list', '--json'])).out)).toHaveLength(5);
});

test('--help says what there is', async () => {
  const { exit, out } = await check(['--help']);
  expect(exit).toBe(0);
  expect(out).toContain('--resume');
  expect(out).toContain('Exit status: 0 when every step has passed');
});

test.each<[readonly string[], string]>([
  [['--only', 'tset'], "'tset' is invalid. Allowed choices are ready, test, part-1"],
  [['--fast'], "unknown option '--fast'"],
  [['test'], "unexpected argument 'test'"],
  [['--only'], 'argument missing'],
])('%j is refused, and nothing is run', async (args, message) => {
  const { exit, err, ran } = await check(args);
  expect([exit, ran]).toEqual([2, []]);
  expect(err).toContain(message);
  expect(err).toContain('npm run release:check -- --help');
});

test('what is no clone is not checked', async () => {
  rmSync(join(root, '.git'), { recursive: true });
  const { exit, err, ran } = await check([]);
  expect([exit, ran]).toEqual([2, []]);
  expect(err).toContain('a release is checked in a clone, at a commit');
});
