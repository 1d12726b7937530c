import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseCommand } from '../../../consumer/command/options';
import { MINUTE } from '../../support/time';

type Variables = Readonly<Record<string, string>>;

const on = (platform: NodeJS.Platform, environment: Variables) => ({ platform, environment });
const here = (environment: Variables) => on(process.platform, environment);

const PROCESS = ['credential-process', '--secret-id', 'alice'];
const FILE = ['credentials-file', '--secret-id', 'alice', '--write-profile', 'app'];

it('credential-process needs only the name of the secret', () => {
  expect(parseCommand(PROCESS)).toEqual({
    kind: 'credential-process',
    secretId: 'alice',
    fieldNames: undefined,
    region: undefined,
    readerProfile: undefined,
    refreshAfterMs: 10 * MINUTE,
  });
  expect(
    parseCommand([...PROCESS, '--region', 'eu-west-1', '--profile', 'reader', '--refresh-after', 'PT20M']),
  ).toMatchObject({ region: 'eu-west-1', readerProfile: 'reader', refreshAfterMs: 20 * MINUTE });
  expect(parseCommand([...PROCESS, '--id-field', 'user', '--secret-field=pass word'])).toMatchObject({
    fieldNames: { accessKeyId: 'user', secretAccessKey: 'pass word' },
  });
});

it('credentials-file needs the profile, too', () => {
  expect(parseCommand(FILE)).toEqual({
    kind: 'credentials-file',
    secretId: 'alice',
    fieldNames: undefined,
    region: undefined,
    readerProfile: undefined,
    file: join(homedir(), '.aws', 'credentials'),
    writeProfile: 'app',
    self: false,
    everyMs: undefined,
    json: false,
  });
  expect(
    parseCommand([...FILE, '--reader-profile', 'reader', '--every', 'PT10M', '--json', '--file', '~/keys']),
  ).toMatchObject({
    readerProfile: 'reader',
    everyMs: 10 * MINUTE,
    json: true,
    file: join(homedir(), 'keys'),
  });
  expect(parseCommand([...FILE, '--self'])).toMatchObject({ self: true });
});

it('the file is the one that the SDKs read, too', () => {
  expect(parseCommand(FILE, here({ AWS_SHARED_CREDENTIALS_FILE: '/srv/keys' }))).toMatchObject({
    file: '/srv/keys',
  });
  expect(parseCommand(FILE, here({ AWS_SHARED_CREDENTIALS_FILE: '' }))).toMatchObject({
    file: join(homedir(), '.aws', 'credentials'),
  });
});

it.each([[['--help']], [['help']], [['-h']], [[...PROCESS, '--help']], [[...PROCESS, '-h']]])(
  '%j asks for help',
  (args) => {
    const command = parseCommand(args);
    expect(command.kind).toBe('help');
    const text = command.kind === 'help' ? command.text : '';
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  },
);

it.each<[readonly string[], string]>([
  [[], 'one of these commands is needed: credential-process, credentials-file, doctor'],
  [['rotate'], "unknown command 'rotate'"],
  [['docter'], '(Did you mean doctor?)'],
  [['constructor'], "unknown command 'constructor'"],
  [['credential-process'], "required option '--secret-id <id>' not specified"],
  [['credential-process', '--secret-id', ''], 'an empty argument was given'],
  [['credential-process', '--secret-id'], "option '--secret-id <id>' argument missing"],
  [['credential-process', '--secret-id', '--region', 'x'], "option '--secret-id <id>' argument missing\n"],
  [['credential-process', '--secret-id', '--region=x'], "option '--secret-id <id>' argument missing\n"],
  [['credential-process', '--secret-id', '-h'], "option '--secret-id <id>' argument missing\n"],
  [
    ['credential-process', '--secret-id', '-mine'],
    "option '--secret-id <id>' argument missing; one that begins with a dash is given as '--secret-id=-mine'",
  ],
  [[...PROCESS, '--write-profile', 'app'], "unknown option '--write-profile'"],
  [[...PROCESS, '-x'], "unknown option '-x'"],
  [[...PROCESS, '--constructor'], "unknown option '--constructor'"],
  [[...PROCESS, 'more'], "unexpected argument 'more'"],
  [[...FILE, '--self=yes'], "option '--self' takes no value, but '--self=yes' was given"],
  [
    [...FILE, '--file', '/srv/keys/'],
    '--file: "/srv/keys/" was given, which is a folder. Allowed: the path of a file.',
  ],
  [[...PROCESS, '--refresh-after', '10'], '--refresh-after: "10" was given. Allowed: an ISO 8601 duration'],
  [[...PROCESS, '--refresh-after', 'PT1H'], '--refresh-after: "PT1H" was given.'],
  [
    [...PROCESS, '--id-field', 'user'],
    '--id-field and --secret-field belong together: one of them is missing.',
  ],
  [[...FILE, '--secret-field', 'password'], '--id-field and --secret-field belong together'],
  [[...FILE, '--id-field', 'user', '--secret-field='], "option '--secret-field <name>' argument missing"],
  [['doctor'], "required option '--profile <name>' not specified"],
  [['doctor', '--profile', 'a', '--secret-id', 'a'], "unknown option '--secret-id'"],
  [FILE.slice(0, 3), "required option '--write-profile <name>' not specified"],
  [[...FILE.slice(0, 3), '--write-profile', 'a]\n[b'], 'is invalid. Allowed: up to 128 letters'],
  [[...FILE, '--every', 'once'], '--every: "once" was given.'],
  [[...FILE, '--self', '--reader-profile', 'r'], '--self and --reader-profile cannot both be given'],
  [[...FILE, '--reader-profile', 'app'], 'give --self'],
  [[...FILE, '--profile', 'reader'], "unknown option '--profile'"],
  [[...FILE, '--every', 'PT2H'], 'or sooner if its overlapPeriod was forced to be shorter.'],
])('%j is a misuse', (args, message) => {
  const command = parseCommand(args);
  expect(command).toMatchObject({ kind: 'misuse', message: expect.stringContaining(message) });
  expect(command).toMatchObject({ message: expect.stringMatching(/\nSee rotated-credentials --help\.$/) });
});

describe('where the file is by default', () => {
  const DEFAULTS: readonly (readonly [NodeJS.Platform, string, Variables, string])[] = [
    ['linux', 'HOME', { HOME: '/home/app' }, '/home/app/.aws/credentials'],
    ['darwin', 'HOME', { HOME: '/Users/app' }, '/Users/app/.aws/credentials'],
    ['win32', 'USERPROFILE', { USERPROFILE: 'C:\\Users\\app' }, 'C:\\Users\\app\\.aws\\credentials'],
    ['win32', 'HOME', { HOME: 'D:\\home', USERPROFILE: 'C:\\Users\\app' }, 'D:\\home\\.aws\\credentials'],
    ['win32', 'HOMEPATH', { HOMEDRIVE: 'E:', HOMEPATH: '\\app' }, 'E:\\app\\.aws\\credentials'],
    ['win32', 'an empty HOME', { HOME: '', USERPROFILE: 'C:\\app' }, 'C:\\app\\.aws\\credentials'],
  ];

  it.each(DEFAULTS)('%s, by %s', (platform, _variable, environment, file) => {
    expect(parseCommand(FILE, on(platform, environment))).toMatchObject({ file });
  });

  const TILDES: readonly (readonly [NodeJS.Platform, string, string])[] = [
    ['linux', '~/keys', '/home/app/keys'],
    ['darwin', '~/keys', '/home/app/keys'],
    ['linux', '~\\keys', '~\\keys'],
    ['linux', 'a~/keys', 'a~/keys'],
    ['win32', '~\\keys', 'C:\\app\\keys'],
    ['win32', '~/keys', 'C:\\app\\keys'],
    ['win32', 'C:\\keys', 'C:\\keys'],
  ];

  it.each(TILDES)('%s: %s is %s', (platform, given, file) => {
    const HOME = platform === 'win32' ? 'C:\\app' : '/home/app';
    expect(parseCommand([...FILE, '--file', given], on(platform, { HOME }))).toMatchObject({ file });
    expect(parseCommand(FILE, on(platform, { HOME, AWS_SHARED_CREDENTIALS_FILE: given }))).toMatchObject({
      file,
    });
  });

  it.each<[NodeJS.Platform, Variables]>([
    ['linux', { HOME: 'relative' }],
    ['win32', { USERPROFILE: 'relative' }],
    ['win32', { HOME: 'C:relative' }],
  ])('%s: nowhere, with %j', (platform, environment) => {
    expect(parseCommand(FILE, on(platform, environment))).toMatchObject({
      kind: 'misuse',
      message: expect.stringContaining('names no folder'),
    });
  });

  it.each<[NodeJS.Platform, string, string]>([
    ['win32', 'C:\\keys\\', 'misuse'],
    ['win32', 'C:/keys/', 'misuse'],
    ['linux', '/keys/', 'misuse'],
    ['linux', '/a\\', 'credentials-file'],
  ])('%s: whether %s is a folder', (platform, file, kind) => {
    expect(parseCommand([...FILE, '--file', file], on(platform, {}))).toMatchObject({ kind });
  });
});

it('a folder in the environment is a misuse, and so is a home that is not a folder', () => {
  expect(parseCommand(FILE, here({ AWS_SHARED_CREDENTIALS_FILE: '/srv/keys/' }))).toMatchObject({
    kind: 'misuse',
    message: expect.stringContaining(
      'AWS_SHARED_CREDENTIALS_FILE: "/srv/keys/" was given, which is a folder.',
    ),
  });
  const homeless = { kind: 'misuse', message: expect.stringContaining('HOME names no folder') };
  expect(parseCommand(FILE, here({ HOME: '' }))).toMatchObject(homeless);
  expect(parseCommand([...FILE, '--file', '~/keys'], here({ HOME: '' }))).toMatchObject(homeless);
  expect(parseCommand([...FILE, '--file', '/srv/keys'], here({ HOME: '' }))).toMatchObject({
    file: '/srv/keys',
  });
});

it.each<[readonly string[], object]>([
  [[...PROCESS, '--region', 'eu-west-1', '--region=eu-west-2'], { region: 'eu-west-2' }],
  [[...PROCESS, '--region', 'a', '--region', 'b', '--region', 'a'], { region: 'a' }],
  [[...PROCESS, '--secret-id', 'bob'], { secretId: 'bob' }],
  [[...PROCESS, '--refresh-after', 'PT20M', '--refresh-after', 'PT30M'], { refreshAfterMs: 30 * MINUTE }],
  [[...PROCESS, '--refresh-after', 'soon', '--refresh-after', 'PT30M'], { refreshAfterMs: 30 * MINUTE }],
  [[...FILE, '--write-profile', 'other'], { writeProfile: 'other' }],
  [[...FILE, '--self', '--json', '--self'], { self: true, json: true }],
  [['doctor', '--profile', 'a', '--profile', 'b', '--'], { kind: 'doctor', profile: 'b' }],
  [[...PROCESS, '--'], { kind: 'credential-process', secretId: 'alice' }],
])('%j means what it has meant in each release', (args, meaning) => {
  expect(parseCommand(args)).toMatchObject(meaning);
});

it('a value may begin with a dash, if it is given as one', () => {
  expect(parseCommand([...PROCESS, '--region=-b'])).toMatchObject({ region: '-b' });
});
