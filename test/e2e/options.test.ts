import { parseCommand } from './options';

const LANES = [
  { name: 'contract', title: 'statements' },
  { name: 'moto', title: 'roles' },
];
const parse = (...args: string[]) => parseCommand(args, LANES);
const run = { kind: 'run', lanes: ['contract', 'moto'], record: false, keepPython: false, json: false };

describe('npm run test:e2e', () => {
  it.each<[string, string[], object]>([
    ['runs every lane', [], run],
    ['runs the requested lanes, in their order', ['--only', 'moto', '--only', 'contract'], run],
    [
      'records, keeps Python, and prints JSON',
      ['--only', 'contract', '--record', '--keep-python', '--json'],
      { kind: 'run', lanes: ['contract'], record: true, keepPython: true, json: true },
    ],
    [
      'asks AWS in the named account',
      ['--aws-account', '111122223333'],
      { kind: 'aws', accountId: '111122223333', json: false },
    ],
    ['explains itself', ['--help'], { kind: 'help', text: expect.stringMatching(/moto +roles/) }],
  ])('%s', (_what, args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  it.each<[string, string[], string]>([
    ['an unknown option', ['--fast'], "unknown option '--fast'"],
    ['an unknown lane', ['--only', 'x'], "argument 'x' is invalid. Allowed choices are contract, moto."],
    [
      'no account',
      ['--aws-account', '12'],
      "'--aws-account <id>' argument '12' is invalid. Allowed: 12 digits.",
    ],
    [
      'AWS beside the emulators',
      ['--aws-account', '111122223333', '--only', 'moto'],
      "'--aws-account <id>' cannot be used with option '--only <lane...>'",
    ],
  ])('refuses %s', (_what, args, message) => {
    expect(parse(...args)).toEqual({ kind: 'misuse', message: expect.stringContaining(message) });
  });
});
