import { type Command, parseCommand } from '../../simulation/options';
import { PROVED } from '../../simulation/search/exhaustive';

const parse = (...args: string[]): Command => parseCommand(args);
const run = { kind: 'run', jobs: expect.any(Number), json: false, without: [], wire: 'fast' };

describe('npm run simulate', () => {
  test.each<[string, string[], object]>([
    ['without options, random schedules', [], { ...run, mode: { kind: 'random', schedules: 1000, seed: 1 } }],
    [
      'the requested number, of a seed',
      ['--schedules', '20', '--seed', '0', '--jobs', '3', '--json'],
      { ...run, jobs: 3, json: true, mode: { kind: 'random', schedules: 20, seed: 0 } },
    ],
    [
      'every fault at every call of a shape',
      ['--exhaustive', 'singles', '--shape', 'first-key', '--shape', 'resumed'],
      { ...run, mode: { kind: 'exhaustive', tried: [['singles', ['first-key', 'resumed']]] } },
    ],
    [
      'a part of the exhaustive run of a shape',
      ['--exhaustive', 'pairs', '--shape', 'resumed', '--part', '8/8'],
      {
        ...run,
        mode: { kind: 'exhaustive', tried: [['pairs', ['resumed']]], part: { number: 8, of: 8 } },
      },
    ],
    [
      'everything, the part whose turn it is',
      ['--exhaustive', 'all', '--part', 'auto'],
      { ...run, mode: { kind: 'exhaustive', tried: Object.entries(PROVED), part: 'turn' } },
    ],
    [
      'everything that a shape has to pass',
      ['--exhaustive', 'all', '--shape', 'resumed'],
      {
        ...run,
        mode: {
          kind: 'exhaustive',
          tried: [
            ['singles', ['resumed']],
            ['pairs', ['resumed']],
            ['interleavings', []],
            ['late-reads', ['resumed']],
          ],
        },
      },
    ],
    ['the next turn', ['--turn', 'next'], { kind: 'turn', to: 'next' }],
    [
      'without some mechanisms',
      ['--without', 'lock-check', '--without', 'release', '--schedules', '5'],
      { ...run, without: ['lock-check', 'release'], mode: { kind: 'random', schedules: 5, seed: 1 } },
    ],
    [
      'one schedule whose calls are named',
      [
        '--replay',
        `{"shape":"ordinary","seed":1,"faults":[{"at":{"call":"iam:GetUser","nth":2},"kind":"unobserved"}]}`,
      ],
      {
        kind: 'replay',
        schedule: {
          shape: 'ordinary',
          seed: 1,
          faults: [{ at: { call: 'iam:GetUser', nth: 2 }, kind: 'unobserved' }],
        },
        wire: 'fast',
        without: [],
        json: false,
      },
    ],
    [
      'over the full wire',
      ['--wire', 'full', '--schedules', '5'],
      { ...run, wire: 'full', mode: { kind: 'random', schedules: 5, seed: 1 } },
    ],
    [
      'one schedule',
      ['--replay', '{"shape":"ordinary","seed":1,"faults":[]}'],
      {
        kind: 'replay',
        schedule: { shape: 'ordinary', seed: 1, faults: [] },
        wire: 'fast',
        without: [],
        json: false,
      },
    ],
  ])('%s', (_what, args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  test('explains itself', () => {
    const help = parse('--help');
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining('--exhaustive') });
    const lines = (help as { text: string }).text.split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    // The longest name and its meaning do not run together.
    expect(lines).toContainEqual(expect.stringMatching(/^ {4}attribution-before-release {2,}\S/));
  });

  test.each<[string, string[], string]>([
    ['an unknown option', ['--fast'], "unknown option '--fast'"],
    [
      'an invalid number of schedules',
      ['--schedules', '0'],
      "'--schedules <n>' argument '0' is invalid. Allowed: a whole number",
    ],
    ['no seed', ['--seed', 'x'], "'--seed <n>' argument 'x' is invalid. Allowed: a whole number"],
    [
      'an unknown wire',
      ['--wire', 'thin'],
      "'--wire <wire>' argument 'thin' is invalid. Allowed choices are fast, full.",
    ],
    [
      'an invalid number of processes',
      ['--jobs', '0'],
      "'--jobs <n>' argument '0' is invalid. Allowed: a whole number",
    ],
    [
      'an unknown kind of search',
      ['--exhaustive', 'triples'],
      "'--exhaustive <what>' argument 'triples' is invalid.",
    ],
    [
      'a seed for an exhaustive run',
      ['--exhaustive', 'pairs', '--seed', '1'],
      "'--exhaustive <what>' cannot be used with option '--seed <n>'",
    ],
    [
      'an unknown shape',
      ['--exhaustive', 'pairs', '--shape', 'odd'],
      "argument 'odd' is invalid. Allowed choices are ordinary",
    ],
    ['a shape of random schedules', ['--shape', 'ordinary'], '--shape goes with --exhaustive'],
    ['a part of random schedules', ['--part', '1/2'], '--part goes with --exhaustive'],
    ...['0/2', '3/2', '1', '1/2/3', 'x/2'].map((part): [string, string[], string] => [
      `no part: ${part}`,
      ['--exhaustive', 'all', `--part=${part}`],
      `'--part <k/n>' argument '${part}' is invalid. Allowed: K/N`,
    ]),
    [
      'the turn for other code',
      ['--exhaustive', 'all', '--part', 'auto', '--without', 'hold'],
      '--part auto does not go with --without',
    ],
    [
      'an unknown turn',
      ['--turn', 'back'],
      "'--turn <how>' argument 'back' is invalid. Allowed choices are next, same.",
    ],
    [
      'a fault at no call',
      ['--replay', '{"shape":"ordinary","seed":1,"faults":[{"kind":"unobserved"}]}'],
      'Allowed: a schedule',
    ],
    [
      'a fault at a call that is not counted from 1',
      [
        '--replay',
        '{"shape":"ordinary","seed":1,"faults":[{"at":{"call":"iam:GetUser","nth":0},"kind":"unobserved"}]}',
      ],
      'Allowed: a schedule',
    ],
    ['an unknown mechanism', ['--without', 'luck'], "argument 'luck' is invalid. Allowed choices are "],
    ['no schedule', ['--replay', '{}'], "'--replay <json>' argument '{}' is invalid. Allowed: a schedule"],
    ['no JSON', ['--replay', '{'], "'--replay <json>' argument '{' is invalid. Allowed: a schedule"],
  ])('refuses %s', (_what, args, message) => {
    expect(parse(...args)).toEqual({ kind: 'misuse', message: expect.stringContaining(message) });
  });
});
