import { type Options, parseCommand } from '../../../tools/accept/options';

const ACCOUNT = ['--account', '111122223333'];
const DEFAULTS: Options = {
  account: '111122223333',
  region: undefined,
  profile: undefined,
  yes: false,
  report: undefined,
  json: false,
  checks: ['contract', 'rotation', 'rollback', 'emergency'],
  keep: false,
  clean: false,
  rehearsal: undefined,
};

test.each<[string, readonly string[], Partial<Options>]>([
  ['all checks, and a question', ACCOUNT, {}],
  ['one check', [...ACCOUNT, '--only', 'rollback'], { checks: ['rollback'] }],
  [
    'two checks, in the order of the report',
    [...ACCOUNT, '--only', 'emergency', 'contract', '--yes'],
    { checks: ['contract', 'emergency'], yes: true },
  ],
  [
    'a place and a report',
    [...ACCOUNT, '--region', 'eu-west-1', '--profile', 'sandbox', '--report', 'r.md', '--json', '--keep'],
    { region: 'eu-west-1', profile: 'sandbox', report: 'r.md', json: true, keep: true },
  ],
  ['a removal of what is left', [...ACCOUNT, '--clean'], { clean: true }],
  ['a removal of one run', [...ACCOUNT, '--clean', '1a2b3c'], { clean: '1a2b3c' }],
])('%s', (_what, args, options) => {
  expect(parseCommand(args)).toEqual({ kind: 'run', options: { ...DEFAULTS, ...options } });
});

test.each<[string, readonly string[], string]>([
  ['no account', [], '--account'],
  ['what is no account', ['--account', 'sandbox'], "'sandbox' is invalid. Allowed: the 12 digits"],
  [
    'an unknown check',
    [...ACCOUNT, '--only', 'all'],
    'Allowed choices are contract, rotation, rollback, emergency',
  ],
  ['an unknown option', [...ACCOUNT, '--force'], "unknown option '--force'"],
  ['a word too many', [...ACCOUNT, 'now'], "unexpected argument 'now'"],
  [
    'what is no run',
    [...ACCOUNT, '--clean', 'everything'],
    "'everything' is invalid. Allowed: the ID of a run",
  ],
  [
    'a removal with a report',
    [...ACCOUNT, '--clean', '--report', 'a.md'],
    "cannot be used with option '--report <file>'",
  ],
  ['a removal that keeps', [...ACCOUNT, '--clean', '--keep'], "cannot be used with option '--keep'"],
  [
    'a removal after some checks',
    [...ACCOUNT, '--clean', '--only', 'rotation'],
    "cannot be used with option '--only",
  ],
])('%s is refused', (_what, args, message) => {
  const parsed = parseCommand(args);
  expect(parsed).toMatchObject({ kind: 'misuse', message: expect.stringContaining(message) });
});

test('the help has every option that people use, the checks, and no rehearsal', () => {
  const parsed = parseCommand(['--help']);
  if (parsed.kind !== 'help') throw new Error(parsed.kind);
  for (const part of [
    '--account',
    '--region',
    '--profile',
    '--yes',
    '--only',
    '--report',
    '--json',
    '--keep',
  ]) {
    expect(parsed.text).toContain(part);
  }
  expect(parsed.text).toContain('a key that is declared as leaked');
  expect(parsed.text).not.toContain('rehearsal');
});
