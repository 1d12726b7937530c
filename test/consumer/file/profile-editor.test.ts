import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STSClient } from '@aws-sdk/client-sts';
import * as fc from 'fast-check';
import { isProfileName, keyOfProfile, UneditableFile, withKey } from '../../../consumer/file/profile-editor';
import { temporaryFolder } from '../support/folder';
import { useProfiles } from '../support/scene';

const KEY = { accessKeyId: 'AKIANEW00000000000B', secretAccessKey: 'new/Secret+Access=Key;#0123456789' };
const NEW = `aws_access_key_id = ${KEY.accessKeyId}\naws_secret_access_key = ${KEY.secretAccessKey}\n`;
const OLD = 'aws_access_key_id = AKIAOLD00000000000A\naws_secret_access_key = oldSecret0123456789\n';
const OTHERS = `# mine\n[default]\n${OLD}\n; and more\n[bob]\nregion=eu-west-1\n`;

const CASES: readonly (readonly [string, string, string])[] = [
  ['an empty file', '', `[alice]\n${NEW}`],
  ['a file without the profile', OTHERS, `${OTHERS}\n[alice]\n${NEW}`],
  ['a file that ends without a line break', '[bob]\nregion = x', `[bob]\nregion = x\n\n[alice]\n${NEW}`],
  ['a file that ends with an empty line', '[bob]\n\n', `[bob]\n\n[alice]\n${NEW}`],
  ['only a byte order mark', '\xef\xbb\xbf', `\xef\xbb\xbf[alice]\n${NEW}`],
  ['a byte order mark before the profile', `\xef\xbb\xbf[alice]\n${OLD}`, `\xef\xbb\xbf[alice]\n${NEW}`],
  ['a profile between others', `[a]\nx=1\n[alice]\n${OLD}[b]\nx=2\n`, `[a]\nx=1\n[alice]\n${NEW}[b]\nx=2\n`],
  ['a profile with more in it', `[alice]\nregion = x\n${OLD}`, `[alice]\nregion = x\n${NEW}`],
  ['a profile without a key', '[alice]\nregion = x\n\n# b\n[b]\n', `[alice]\nregion = x\n${NEW}\n# b\n[b]\n`],
  ['a profile that is only a header', '[alice]', `[alice]\n${NEW}`],
  ['a header with a comment', `[alice] # me\n${OLD}`, `[alice] # me\n${NEW}`],
  ['a header with blanks around', ` [alice] \n${OLD}`, ` [alice] \n${NEW}`],
  ['a profile with half a key', '[alice]\naws_access_key_id = AKIAOLD00000000000A\n', `[alice]\n${NEW}`],
  [
    'properties that are written in other ways, with a comment that Python reads as part of the key',
    '[alice]\nAWS_ACCESS_KEY_ID=old\n\taws_secret_access_key :  old # why\n',
    `[alice]\naws_access_key_id=${KEY.accessKeyId}\naws_secret_access_key =  ${KEY.secretAccessKey}\n`,
  ],
  [
    'properties without a value',
    '[alice]\naws_access_key_id =\naws_secret_access_key=\n',
    `[alice]\naws_access_key_id =${KEY.accessKeyId}\naws_secret_access_key=${KEY.secretAccessKey}\n`,
  ],
  [
    'a session token',
    `[alice]\n${OLD}aws_session_token = t=\naws_security_token=t\nx = 1\n`,
    `[alice]\n${NEW}x = 1\n`,
  ],
  [
    'a value that continues in deeper lines',
    '[alice]\naws_access_key_id = old\naws_secret_access_key = a\n    b\naws_session_token = c\n    d\nx = y\n    z\n',
    `[alice]\n${NEW}x = y\n    z\n`,
  ],
  [
    'comments between them',
    `[alice]\n${OLD.replace('\n', '\n  # c\n')}`,
    `[alice]\n${NEW.replace('\n', '\n  # c\n')}`,
  ],
  [
    'commented keys',
    `[alice]\n#${OLD}`,
    `[alice]\n#${OLD.replace(/.*\n$/, '')}${NEW.split('\n')[1]}\n${NEW.split('\n')[0]}\n`,
  ],
  ['a key twice', `[alice]\n${OLD}${OLD}`, `[alice]\n${NEW}${NEW}`],
  ['a profile twice', `[alice]\n${OLD}[b]\n[alice]\nx=1\n${OLD}`, `[alice]\n${NEW}[b]\n[alice]\nx=1\n${NEW}`],
  ['a profile twice, with one key', `[alice]\nx=1\n[alice]\n${OLD}`, `[alice]\nx=1\n[alice]\n${NEW}`],
  [
    'a profile that is indented, so that Python reads no line as part of another',
    '[alice]\n  region = x\n  output = y\n',
    `[alice]\n  region = x\n  output = y\n${NEW}`,
  ],
  [
    'properties that Python would read as part of the key',
    `[alice]\nx = 1\n  y = 2\n${OLD}  region = x\n\toutput = y\nz = 1\n  w = 2\n`,
    `[alice]\nx = 1\n  y = 2\n${NEW}region = x\noutput = y\nz = 1\n  w = 2\n`,
  ],
  [
    'a key that Python would read as part of a property',
    `[alice]\nregion = x\n  ${OLD.replace('\n', '\n  ')}`,
    `[alice]\nregion = x\n${NEW}`,
  ],
  [
    "properties of a property, which are not the profile's",
    `[alice]\ns3 =\n  aws_access_key_id = nested\n${OLD}`,
    `[alice]\ns3 =\n  aws_access_key_id = nested\n${NEW}`,
  ],
  [
    'lines before any profile',
    `aws_access_key_id = stray\n[alice]\n${OLD}`,
    `aws_access_key_id = stray\n[alice]\n${NEW}`,
  ],
  ['a header that does not end', `[alice\n${OLD}`, `[alice\n${OLD}\n[alice]\n${NEW}`],
  [
    'profiles with similar names',
    `[Alice]\n${OLD}[alice2]\n${OLD}[profile alice]\n${OLD}`,
    `[Alice]\n${OLD}[alice2]\n${OLD}[profile alice]\n${OLD}\n[alice]\n${NEW}`,
  ],
  [
    'letters whose bytes would be blanks elsewhere',
    `[caff\xc3\xa0#x]\n${OLD}[alice]\n${OLD}x = \xc3\xa0#\n\xc3\x85 = \xc2\xa0\n`,
    `[caff\xc3\xa0#x]\n${OLD}[alice]\n${NEW}x = \xc3\xa0#\n\xc3\x85 = \xc2\xa0\n`,
  ],
  [
    'comments with other blanks and with brackets',
    `# cl\xc3\xa9\xc2\xa0: [alice]\n[alice] ; me\n${OLD}#\xc2\x85[bob]\n`,
    `# cl\xc3\xa9\xc2\xa0: [alice]\n[alice] ; me\n${NEW}#\xc2\x85[bob]\n`,
  ],
  [
    'an indented header that all programs see',
    `[bob]\n  [carol]\n${OLD} # x\n[alice]\n${OLD}`,
    `[bob]\n  [carol]\n${OLD} # x\n[alice]\n${NEW}`,
  ],
  [
    'bytes that are not text',
    `[b]\nx=\x00\xff\xfe\x80\n[alice]\n${OLD}\x00junk\xe9\n`,
    `[b]\nx=\x00\xff\xfe\x80\n[alice]\n${NEW}\x00junk\xe9\n`,
  ],
];

describe('the key of a profile is put where it belongs', () => {
  test.each(CASES)('%s', (_what, before, after) => {
    expect(withKey(before, 'alice', KEY)).toBe(after);
    expect(withKey(after, 'alice', KEY)).toBe(after);
    expect(keyOfProfile(after, 'alice')).toEqual(KEY);
    // The same with the line breaks of Windows, which stay.
    const windows = (text: string) => text.replaceAll('\n', '\r\n');
    if (before.includes('\n')) expect(withKey(windows(before), 'alice', KEY)).toBe(windows(after));
  });

  test('each line keeps its own end', () => {
    const mixed = `[a]\r\nx=1\n[alice]\r\n${OLD}[b]\r\n`;
    expect(withKey(mixed, 'alice', KEY)).toBe(`[a]\r\nx=1\n[alice]\r\n${NEW}[b]\r\n`);
  });

  test('a file of ten thousand profiles, or of one very long line', () => {
    const many = Array.from({ length: 10_000 }, (_none, index) => `[p${index}]\n${OLD}`).join('');
    expect(withKey(many, 'p7777', KEY)).toBe(many.replace(`[p7777]\n${OLD}`, `[p7777]\n${NEW}`));
    const long = `x${' '.repeat(200_000)}\n[alice]\nx =${' \t'.repeat(100_000)};\n`;
    expect(keyOfProfile(withKey(long, 'alice', KEY), 'alice')).toEqual(KEY);
  });

  test.each(['\xff\xfe[\x00a\x00', '\xfe\xff\x00['])('UTF-16 is refused', (file) => {
    expect(() => withKey(file, 'alice', KEY)).toThrow('UTF-16');
  });
});

test.each(CASES)('the SDK finds the key in it: %s', async (_what, _before, after) => {
  const file = join(temporaryFolder(), 'credentials');
  writeFileSync(file, after, 'latin1');
  useProfiles({ credentials: file });
  const client = new STSClient({ region: 'us-east-1', profile: 'alice' });
  await expect(client.config.credentials()).resolves.toMatchObject(KEY);
});

const DISAGREED = 'begins a profile for some programs, and not for others';
const HARMFUL = 'cannot be put into the profile alice without harm';

test.each([
  ['junk behind a header', `[bob]\n${OLD}[alice] junk\n${OLD}`, `line 4 ${DISAGREED}`],
  ['junk behind a header, and the profile', `[bob] junk\n${OLD}[alice]\n${OLD}`, `line 1 ${DISAGREED}`],
  ['a letter behind a header', `[alice]x\n${OLD}`, `line 1 ${DISAGREED}`],
  ['a bracket in the comment behind a header', `[alice] # [me]\n${OLD}`, `line 1 ${DISAGREED}`],
  ['what looks like a comment in a header', `[bob #x]\n${OLD}`, `line 1 ${DISAGREED}`],
  ['a header without a name', `[]\n${OLD}`, `line 1 ${DISAGREED}`],
  ['an indented header behind a property', `[bob]\n${OLD}  [carol]\n${OLD}`, `line 4 ${DISAGREED}`],
  ['an indented header of the profile', `[bob]\n${OLD} [alice]\n${OLD}`, `line 4 ${DISAGREED}`],
  [
    'a blank that we do not recognise, before a header',
    `[bob]\n\xc2\xa0[alice]\n${OLD}`,
    `line 2 ${DISAGREED}`,
  ],
  ['a blank that only Python recognises', `[bob]\n\x1c[alice]\n${OLD}`, `line 2 ${DISAGREED}`],
  ['old-style line ends', `[bob]\r${OLD.replaceAll('\n', '\r')}`, 'line 1 holds a carriage return'],
  ['old-style line ends, and the profile', `[bob]\n${OLD}[alice]\r${OLD}`, 'line 4 holds a carriage return'],
  ['a carriage return in a value', `[bob]\nx = 1\r[alice]\n${OLD}`, 'line 2 holds a carriage return'],
  ['a carriage return in a comment', `[bob]\n# x\r[alice]\n${OLD}`, 'line 2 holds a carriage return'],
  ['a carriage return at the end', `[alice]\n${OLD}\r`, 'line 4 holds a carriage return'],
  [
    'a header that only the session token keeps from being part of a value',
    '[alice]\n  aws_session_token = t\n  [bob]\nx = 1\n',
    HARMFUL,
  ],
  [
    'a token for all profiles',
    `[DEFAULT]\naws_session_token = t\n[alice]\n${OLD}`,
    'a session token to all profiles',
  ],
])('%s: nothing is changed', (_what, file, message) => {
  expect(() => withKey(file, 'alice', KEY)).toThrow(UneditableFile);
  expect(() => withKey(file, 'alice', KEY)).toThrow(message);
});

test('any file is refused, or the key is found, a second time changes nothing, and no line of another profile is lost', async () => {
  const line = fc.oneof(
    fc.constantFrom('[alice]', '[bob]', '[', ']', '[alice', '# note', '', '  ', 's3 =', 's3 =\n  x = 1'),
    fc.constantFrom(
      ...OLD.trim().split('\n'),
      'aws_session_token = t',
      '  aws_access_key_id = i',
      '  aws_session_token = t',
      'region = x',
      '  output = y',
    ),
    fc.constantFrom(
      '[alice] junk',
      '[bob]x',
      '  [bob]',
      '\t[alice]',
      '[alice] # me',
      '\xa0[bob]',
      'x = 1\r[bob]',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 12 }),
  );
  const ends = fc.constantFrom('\n', '\r\n');
  const file = fc
    .array(fc.tuple(line, ends), { maxLength: 9 })
    .map((lines) => lines.map(([text, end]) => text + end).join(''));
  const edited = { times: 0 };
  await fc.assert(
    fc.property(file, (before) => {
      let after: string;
      try {
        after = withKey(before, 'alice', KEY);
      } catch (error) {
        expect(error).toBeInstanceOf(UneditableFile);
        return;
      }
      edited.times += 1;
      expect(keyOfProfile(after, 'alice')).toEqual(KEY);
      expect(withKey(after, 'alice', KEY)).toBe(after);
      const others = (text: string) =>
        text.split('\n').filter((content) => content.trim() && !/^\s*aws_/i.test(content));
      const left = others(after);
      const isContinuation = (content: string) => /^\s/.test(content);
      for (const content of others(before)) {
        if (!isContinuation(content)) expect(left).toContain(content);
      }
      // Everything that begins with another header than alice's is the same, byte for byte.
      const profiles = (text: string) =>
        text
          .split(/^(?=\[.+\])/m)
          .filter((profile) => !/^\s*\[alice\]/m.test(profile))
          .map((profile) => profile.trimEnd())
          .filter((profile) => profile !== '');
      expect(profiles(after)).toEqual(profiles(before));
    }),
    { numRuns: 3000, seed: 1 },
  );
  // Otherwise all of this proves little.
  expect(edited.times).toBeGreaterThan(1000);
});

test.each([
  ['alice', true],
  ['team/app@eu-1.2%:+_', true],
  ['', false],
  ['a b', false],
  ['a]', false],
  ['a\nb', false],
  ['a\r', false],
  ['#a', false],
  ['"a"', false],
  ['é', false],
  ['__proto__', false],
  ['DEFAULT', false],
  ['default', true],
  ['a'.repeat(129), false],
])('the name %j can be written: %j', (name, allowed) => {
  expect(isProfileName(name)).toBe(allowed);
});

test('the last key of a profile counts, and half a key does not', () => {
  const file = `[alice]\n${OLD}[alice]\naws_access_key_id = AKIALAST0000000000C\n`;
  expect(keyOfProfile(file, 'alice')?.accessKeyId).toBe('AKIALAST0000000000C');
  expect(keyOfProfile('[alice]\naws_access_key_id = AKIALAST0000000000C\n', 'alice')).toBeUndefined();
  expect(keyOfProfile(file, 'bob')).toBeUndefined();
});
