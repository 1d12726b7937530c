import fc from 'fast-check';
import {
  accessKeyDocument,
  type Base,
  type DocumentSettings,
  documentWith,
  type Obstacle,
  obstacleIn,
} from '../../../../lambdas/shared/secret/key-document';
import { PLACEHOLDER_SECRET_STRING } from '../../../../lambdas/shared/secret/placeholder';
import { parseSecretDocument } from '../../../../lambdas/shared/secret/secret-document';
import { smtpPassword, smtpPasswordsOf } from '../../../../lambdas/shared/secret/ses-smtp';
import { describePlace } from '../../../../lambdas/shared/words/document';
import { key as listed, NEW, NOW, OLD, OTHER, OWNER } from '../../support/fixtures';

const SECRET = 'not-a-real-secret/of+the=old-key';
const NEXT = 'not-a-real-secret/of+the=new-key';
/** A key that the user had. */
const GONE = 'AKIAGONEGONEGONEGONE';
const SMTP_PASSWORD = Buffer.from([4, ...Array<number>(32).fill(0)]).toString('base64');
const material = { accessKeyId: NEW, secretAccessKey: NEXT, userName: 'alice', createDate: NOW };
const WHOLE: DocumentSettings = { document: 'credential-process' };
const FLAT: DocumentSettings = { document: 'named-fields' };
const fieldNames = { accessKeyId: 'user', secretAccessKey: 'password' };
const NAMED: DocumentSettings = { document: 'named-fields', fieldNames };
const BOTH: DocumentSettings = { document: 'credential-process', fieldNames };

const base = (text: string, settings: DocumentSettings, keys = [listed(OLD)]): Base => ({
  text,
  settings,
  keys,
});
const put = (text: string, settings: DocumentSettings): string => {
  const next = documentWith(base(text, settings), material);
  if (typeof next !== 'string') throw new Error(told(next));
  return next;
};

const toldPlaces = (found: Obstacle): string => {
  if ('place' in found) return ` at ${describePlace(found.place)}`;
  return 'places' in found ? ` at ${[...new Set(found.places.map(describePlace))].join(', ')}` : '';
};

/** What stands in the way, and where, in short. */
const told = (found: string | Obstacle | undefined): string => {
  if (found === undefined) return 'nothing';
  if (typeof found === 'string') return 'a document';
  const problem = found.code === 'unreadable' ? `: ${found.problem.code}` : '';
  return `${found.code}${problem}${toldPlaces(found)}`;
};
const CREDENTIALS = `"Version":1,"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}","UserName":"alice","CreateDate":"${NOW.toISOString()}"`;

describe('the fields that the rotation writes', () => {
  test.each<[string, DocumentSettings, string, string]>([
    ['the whole document, into nothing', WHOLE, '{}', `{${CREDENTIALS}}`],
    ['the whole document, into a placeholder', WHOLE, PLACEHOLDER_SECRET_STRING, `{${CREDENTIALS}}`],
    ["the whole document, beside an owner's field", WHOLE, '{"bucket":"b"}', `{"bucket":"b",${CREDENTIALS}}`],
    [
      'the whole document and names of the owner',
      BOTH,
      '{}',
      `{${CREDENTIALS},"user":"${NEW}","password":"${NEXT}"}`,
    ],
    [
      'ID and secret alone, into nothing',
      FLAT,
      '{ }',
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}" }`,
    ],
    [
      'ID and secret alone, into a placeholder',
      FLAT,
      PLACEHOLDER_SECRET_STRING,
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}"}`,
    ],
    [
      'names of the owner alone, where exactly these are',
      NAMED,
      `{"user":"${OLD}","password":"${SECRET}"}`,
      `{"user":"${NEW}","password":"${NEXT}"}`,
    ],
    [
      'names of the owner alone, into what an owner has made of a placeholder',
      NAMED,
      `{"Version":1,"kind":"placeholder","message":"mine","bucket":"b"}`,
      `{"message":"mine","bucket":"b","user":"${NEW}","password":"${NEXT}"}`,
    ],
    [
      'names of the owner, where the whole document was written before',
      NAMED,
      `{"Version":1,"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}","UserName":"alice"}`,
      `{"Version":1,"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}","UserName":"alice","user":"${NEW}","password":"${NEXT}"}`,
    ],
    [
      "other than an owner's own UserName, Version and CreateDate",
      FLAT,
      `{"Version":"2","UserName":"db-admin","CreateDate":"yesterday","AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}"}`,
      `{"Version":"2","UserName":"db-admin","CreateDate":"yesterday","AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}"}`,
    ],
    [
      'whose date it has written before goes on being right',
      FLAT,
      `{"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}","CreateDate":"${listed(OLD).createDate.toISOString()}"}`,
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}","CreateDate":"${NOW.toISOString()}"}`,
    ],
    [
      'whose date a former release has written, of a key that IAM does not know any more',
      FLAT,
      `{"Version": 1,"AccessKeyId":"${GONE}","SecretAccessKey":"${SECRET}","UserName":"alice","CreateDate":"2025-01-01T00:00:00.000Z"}`,
      `{"Version": 1,"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}","UserName":"alice","CreateDate":"${NOW.toISOString()}"}`,
    ],
    ...[
      ['another UserName', '"Version":1,"UserName":"bob","CreateDate":"2025-01-01T00:00:00.000Z"'],
      ['no UserName', '"Version":1,"CreateDate":"2025-01-01T00:00:00.000Z"'],
      ['another Version', '"Version":"1","UserName":"alice","CreateDate":"2025-01-01T00:00:00.000Z"'],
      ['no Version', '"UserName":"alice","CreateDate":"2025-01-01T00:00:00.000Z"'],
      ['a date of another form', '"Version":1,"UserName":"alice","CreateDate":"2025-01-01"'],
      ['what is no date', '"Version":1,"UserName":"alice","CreateDate":"soon"'],
    ].map(([what, fields]): [string, DocumentSettings, string, string] => [
      `other than an owner's own CreateDate beside a key that is gone: ${what}`,
      FLAT,
      `{${fields},"AccessKeyId":"${GONE}","SecretAccessKey":"${SECRET}"}`,
      `{${fields},"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}"}`,
    ]),
    [
      "other than an owner's own CreateDate beside a key that IAM knows",
      FLAT,
      `{"Version":1,"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}","UserName":"alice","CreateDate":"2025-01-01T00:00:00.000Z"}`,
      `{"Version":1,"AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}","UserName":"alice","CreateDate":"2025-01-01T00:00:00.000Z"}`,
    ],
    [
      'whose name of the rotation an earlier release has written goes',
      WHOLE,
      `{"Version":1,"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}","UserName":"alice","CreateDate":"x","RotationId":"${OWNER}"}`,
      `{${CREDENTIALS}}`,
    ],
    [
      "other than an owner's own RotationId",
      FLAT,
      `{"RotationId":"7","AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}"}`,
      `{"RotationId":"7","AccessKeyId":"${NEW}","SecretAccessKey":"${NEXT}"}`,
    ],
  ])('%s', (_case, settings, text, expected) => {
    expect(put(text, settings)).toBe(expected);
    // A step that is tried again writes the same.
    expect(documentWith(base(expected, settings), material)).toBe(expected);
  });

  test.each([WHOLE, FLAT, NAMED, BOTH])('alone, where there is nothing of the owner’s: %j', (settings) => {
    expect(accessKeyDocument(material, settings)).toBe(put('{}', settings));
  });
});

describe('a name that an object has twice', () => {
  const doc = (more: string): string => `{"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}",${more}}`;
  const planned = (text: string) => told(obstacleIn(base(text, FLAT)));
  const edited = (text: string) => documentWith(base(text, FLAT), material);

  test.each<[string, string, string]>([
    ['below the root', '"db":{"host":"a","host":"b"}', 'db.host'],
    ['in a list', '"all":[1,{"a":{},"a":{}}]', 'all[1].a'],
    ['three times', '"db":{"a":1,"a":2,"a":3}', 'db.a'],
  ])('is refused %s before there is a new key, and carried afterwards', (_where, more, path) => {
    expect(planned(doc(more))).toBe(`repeated-field at ${path}`);
    expect(edited(doc(more))).toBe(doc(more).replace(OLD, NEW).replace(SECRET, NEXT));
  });

  test.each([
    ['the key first', `"s3":{"key":"${OLD}","key":"other"}`, 's3.key'],
    ['the key last', `"s3":{"key":"other","key":"${SECRET}"}`, 's3.key'],
    ['the key in what is named so', `"s3":{"x":{},"x":[["${OLD}"]]}`, 's3.x'],
  ])('is refused at any time where it holds the key: %s', (_where, more, path) => {
    expect(planned(doc(more))).toBe(`repeated-field at ${path}`);
    expect(told(edited(doc(more)))).toBe(`repeated-field at ${path}`);
  });

  test('is refused at the root at any time', () => {
    const text = doc('"host":"a","host":"b"');
    const place = ['host'];
    expect(edited(text)).toEqual({ code: 'unreadable', problem: { code: 'repeated-field', place } });
  });
});

describe('a key that is put in once more', () => {
  const same = { ...material, accessKeyId: OLD, secretAccessKey: SECRET, createDate: listed(OLD).createDate };
  const doc = (more: object): string =>
    JSON.stringify({ AccessKeyId: OLD, SecretAccessKey: SECRET, ...more });

  test.each<[string, object]>([
    ['in a longer text', { url: `s3://${OLD}:${encodeURIComponent(SECRET)}@bucket` }],
    ['as a name', { [OLD]: 'mine' }],
    ['as what is made of it', { pass: smtpPassword(SECRET, 'us-east-2') }],
  ])('is right where it stands already: %s', (_case, more) => {
    expect(documentWith(base(doc(more), FLAT), same)).toBe(doc(more));
    expect(documentWith(base(doc(more), FLAT), material)).toHaveProperty('code');
  });

  test('is not so beside what spoils it, nor where another key of the user stands', () => {
    expect(told(documentWith(base(doc({ SessionToken: 'x' }), FLAT), same))).toBe(
      'temporary at SessionToken',
    );
    const keys = [listed(OLD), listed(NEW)];
    const other = documentWith(base(doc({ url: `s3://${NEW}@bucket` }), FLAT, keys), same);
    expect(told(other)).toBe('hidden-key at url');
  });
});

describe('what the owner has written', () => {
  test.each([
    [
      'lines, order, blanks and the end of the text',
      `{\n  "b" : 1,\n\n  "AccessKeyId": "${OLD}" ,\n  "SecretAccessKey":"${SECRET}",\r\n\t"a": [ 1 , {} ]\n}\n`,
    ],
    [
      'numbers of any form',
      `{"a":1.0,"b":1e400,"c":123456789012345678901234567890,"d":-0,"e":1E+2,"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}"}`,
    ],
    [
      'escapes, and what needs none',
      `{"a":"\\u00e4\\/\\ud83d\\ude00ä😀\\u0000\u2028","\\u0062":"\\ud800","AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}"}`,
    ],
    ['a byte order mark', `\uFEFF{"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}"}`],
    [
      'names with a meaning elsewhere',
      `{"__proto__":{"a":1},"constructor":"x","toString":null,"kind":"intent","AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}"}`,
    ],
  ])('is carried byte for byte: %s', (_case, text) => {
    expect(put(text, FLAT)).toBe(text.replace(OLD, NEW).replace(SECRET, NEXT));
  });

  test('gives its form to fields that come', () => {
    const text = `{\n  "bucket": "b",\n  "count": 1\n}\n`;
    expect(put(text, FLAT)).toBe(
      `{\n  "bucket": "b",\n  "count": 1,\n  "AccessKeyId": "${NEW}",\n  "SecretAccessKey": "${NEXT}"\n}\n`,
    );
  });

  test('is carried where the rotation wrote the document, too', () => {
    const written = put('{"bucket":"b"}', WHOLE).replace(NEW, OLD).replace(NEXT, SECRET);
    const edited = `${written.slice(0, -1)}, "added": {"by": "hand"} }`;
    expect(put(edited, WHOLE)).toBe(`{"bucket":"b",${CREDENTIALS}, "added": {"by": "hand"} }`);
  });

  test('copies of the key in it follow, under whatever names and at whatever depth', () => {
    const text = `{"s3":{"key":"${OLD}","secret":"${SECRET}"},"all":["${OLD}",["${SECRET}"],"x"],"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}","AWS_ACCESS_KEY_ID":"${OLD}"}`;
    expect(put(text, FLAT)).toBe(text.replaceAll(OLD, NEW).replaceAll(SECRET, NEXT));
  });

  test('copies follow that are written with escapes', () => {
    const text = `{"AccessKeyId":"${OLD}","SecretAccessKey":"${SECRET}","copy":"${SECRET.replace('/', '\\/').replace('o', '\\u006f')}"}`;
    expect(JSON.parse(put(text, FLAT))).toMatchObject({ copy: NEXT });
  });

  test('whatever it is, everything but the key is carried byte for byte, and a repeated edit is the same', () => {
    const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    const string = fc
      .array(
        fc.oneof(
          fc.stringMatching(/^[ !#-[\]-~]{0,4}$/),
          fc.constantFrom(
            'ä',
            '😀',
            '\u2028',
            '\\n',
            '\\"',
            '\\\\',
            '\\/',
            '\\u00e4',
            '\\ud800',
            '\\u0000',
            ',',
            '}',
            ':',
          ),
        ),
      )
      .map((parts) => `"${parts.join('')}"`);
    const number = fc.oneof(
      fc.constantFrom('1.0', '1e400', '-0', '1E+2', '0.10', '12345678901234567890'),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map(String)
        .filter((one) => !one.includes('N')),
    );
    const { value } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        string,
        number,
        fc.constantFrom('true', 'false', 'null'),
        tie('object'),
        tie('list'),
      ),
      list: fc
        .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
        .map(([items, gap]) => `[${items.join(`${gap},${gap}`)}]`),
      object: fc
        .tuple(fc.uniqueArray(fc.nat(99), { maxLength: 3 }), fc.infiniteStream(tie('value')), space)
        .map(
          ([names, values, gap]) =>
            `{${gap}${names.map((name) => `"f${name}"${gap}:${values.next().value}`).join(`${gap},`)}${gap}}`,
        ),
    }));
    const member = fc.tuple(space, space, value, space);
    fc.assert(
      fc.property(
        fc.array(member, { maxLength: 6 }),
        fc.nat(6),
        fc.tuple(space, space, space),
        fc.boolean(),
        fc.constantFrom(FLAT, NAMED),
        (members, at, [before, gap, after], mark, settings) => {
          const { accessKeyId, secretAccessKey } = settings.fieldNames ?? {
            accessKeyId: 'AccessKeyId',
            secretAccessKey: 'SecretAccessKey',
          };
          const text = (id: string, secret: string): string => {
            const all = members.map(([a, b, json, d], index) => `${a}"own${index}"${b}:${json}${d}`);
            all.splice(
              at,
              0,
              `${gap}"${secretAccessKey}"${gap}:${gap}"${secret}"`,
              `"${accessKeyId}":"${id}"${gap}`,
            );
            return `${mark ? '\uFEFF' : ''}${before}{${all.join(',')}}${after}`;
          };
          const next = documentWith(base(text(OLD, SECRET), settings), material);
          expect(next).toBe(text(NEW, NEXT));
          expect(documentWith(base(text(NEW, NEXT), settings), material)).toBe(next);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('whatever it is, what is added reads as the key, and nothing that was there is changed', () => {
    const name = fc
      .oneof(
        fc.constantFrom('constructor', '__proto__', 'toString', '0', 'accessKeyId'),
        fc.stringMatching(/^[a-z~ ,":{}]{1,8}$/),
      )
      .map((one) => `x${one}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, fc.jsonValue()), { selector: ([one]) => one, maxLength: 5 }),
        fc.constantFrom(undefined, 1, '\t'),
        fc.constantFrom(WHOLE, FLAT, NAMED, BOTH),
        (entries, indent, settings) => {
          const owners = Object.fromEntries(entries);
          const next = put(JSON.stringify(owners, undefined, indent), settings);
          expect(parseSecretDocument(next, settings)).toMatchObject({
            kind: 'access-key',
            accessKeyId: NEW,
            secretAccessKey: NEXT,
          });
          expect(JSON.parse(next)).toMatchObject(JSON.parse(JSON.stringify(owners)));
        },
      ),
    );
  });
});

describe("what SES's SMTP interface takes of the key", () => {
  const smtp = (regions: readonly string[], passwordField = 'pass-{Region}', userField = 'login') => ({
    sesSmtp: { regions, userField, passwordField },
  });
  const [IRELAND, OHIO] = ['eu-west-1', 'us-east-2'];
  const former = smtpPasswordsOf(SECRET).at(-1) ?? '';
  const refusal = (fields: object, settings: DocumentSettings, keys = [listed(OLD), listed(OTHER)]) => {
    const obstacle = obstacleIn(base(JSON.stringify(fields), settings, keys));
    for (const secret of [SECRET, former, smtpPassword(SECRET, IRELAND), smtpPassword(SECRET, OHIO)]) {
      expect(JSON.stringify({ obstacle })).not.toContain(secret);
    }
    return told(obstacle);
  };

  test.each([0, 1, 2, 5])('is written for %d Regions', (count) => {
    const regions = ['eu-west-1', 'us-east-2', 'ap-south-1', 'sa-east-1', 'us-gov-west-1'].slice(0, count);
    const settings = { ...FLAT, ...smtp(regions) };
    const login = Object.fromEntries(regions.map((region) => [`pass-${region}`, smtpPassword(NEXT, region)]));
    const expected = { AccessKeyId: NEW, SecretAccessKey: NEXT, login: NEW, ...login };
    expect(put('{}', settings)).toBe(JSON.stringify(expected));
    expect(accessKeyDocument(material, settings)).toBe(JSON.stringify(expected));
    const before = Object.fromEntries(
      regions.map((region) => [`pass-${region}`, smtpPassword(SECRET, region)]),
    );
    const text = JSON.stringify({ login: OLD, ...before, AccessKeyId: OLD, SecretAccessKey: SECRET });
    expect(JSON.parse(put(text, settings))).toEqual(expected);
  });

  test('is written beside the whole document, and beside other names for it', () => {
    const { sesSmtp } = smtp([IRELAND], 'pass');
    const added = `"login":"${NEW}","pass":"${smtpPassword(NEXT, IRELAND)}"`;
    expect(put('{}', { ...WHOLE, sesSmtp })).toBe(`{${CREDENTIALS},${added}}`);
    expect(put('{}', { ...BOTH, sesSmtp })).toBe(
      `{${CREDENTIALS},"user":"${NEW}","password":"${NEXT}",${added}}`,
    );
  });

  test('everything beside it is carried byte for byte', () => {
    const settings = { ...FLAT, ...smtp([IRELAND], 'pass') };
    const form = (id: string, secret: string) =>
      `{\n  "pass" : "${smtpPassword(secret, IRELAND)}",\n  "port": 5.870e2, "\\u00e4": "\\/",\r\n"login":"${id}","AccessKeyId":"${id}","SecretAccessKey":"${secret}" }\n`;
    expect(put(form(OLD, SECRET), settings)).toBe(form(NEW, NEXT));
    expect(documentWith(base(form(NEW, NEXT), settings), material)).toBe(form(NEW, NEXT));
  });

  const key = { AccessKeyId: OLD, SecretAccessKey: SECRET };
  const settings = { ...FLAT, ...smtp([IRELAND], 'pass') };

  test.each<[string, object]>([
    ['with it', { ...key, login: OLD, pass: smtpPassword(SECRET, IRELAND) }],
    ['with a password of before 2019', { ...key, login: OLD, pass: former }],
    ['with empty fields for it', { ...key, login: '', pass: null }],
    ['with the password alone', { ...key, pass: smtpPassword(SECRET, IRELAND) }],
    ['without a key, and with a login that nobody can compute', { login: OLD, pass: SMTP_PASSWORD }],
    ['without a key, and with the login of another key of the user', { login: OTHER, pass: SMTP_PASSWORD }],
  ])('takes the place of what a document has %s', (_case, fields) => {
    expect(refusal(fields, settings)).toBe('nothing');
  });

  test.each<[string, object, string]>([
    ['the password for another Region', { ...key, login: OLD, pass: smtpPassword(SECRET, OHIO) }, 'pass'],
    ['a password of another key', { ...key, login: OLD, pass: SMTP_PASSWORD }, 'pass'],
    ['the secret access key itself', { ...key, login: OLD, pass: SECRET }, 'pass'],
    ['another key of the user', { ...key, login: OTHER, pass: '' }, 'login'],
    ['a login of something else', { ...key, login: 'relay@example.com', pass: 'x' }, 'login, pass'],
    ['what is no text', { ...key, login: 7, pass: {} }, 'login, pass'],
    ['a login that names no key, where there is no key', { login: 'relay', pass: SMTP_PASSWORD }, 'login'],
    ['no password of SES, where there is no key', { login: OLD, pass: 'x'.repeat(40) }, 'pass'],
  ])('takes the place of nothing else: %s', (_case, fields, where) => {
    expect(refusal(fields, settings)).toBe(`strange-login at ${where}`);
  });

  const made = (region: string) => smtpPassword(SECRET, region);
  test('takes the place of the login of a key that is gone, where the rotation has known it', () => {
    const text = JSON.stringify({ login: OLD, pass: SMTP_PASSWORD });
    const gone = { text, settings, keys: [] };
    expect(obstacleIn(gone)).toEqual({ code: 'unknown-login', accessKeyId: OLD });
    expect(obstacleIn({ ...gone, text: JSON.stringify({ login: '', pass: null }) })).toBeUndefined();
    expect(obstacleIn({ ...gone, formerIds: [OTHER, OLD] })).toBeUndefined();
  });

  test.each([
    ['the secret', { [SECRET]: 1 }],
    ['a password that is made of it', { [made(OHIO)]: 1 }],
  ])('a name that is %s is not repeated in a message', (_what, fields) => {
    const said = refusal({ ...key, smtp: fields }, settings);
    expect(said).toContain('smtp');
    for (const name of Object.keys(fields)) expect(said).not.toContain(name);
  });

  test('nor is one that stands twice', () => {
    const text = `{"${SECRET}":1,"${SECRET}":2,"AccessKeyId":"${OLD}"}`;
    expect(obstacleIn({ text, settings, keys: [] })).toEqual({
      code: 'unreadable',
      problem: { code: 'repeated-field', place: [null] },
    });
  });

  test.each<[string, unknown, string]>([
    ['of the Region that is configured', made(IRELAND), 'more'],
    ['of another Region', { a: [made(OHIO)] }, 'more.a[0]'],
    ['of before 2019', { a: former }, 'more.a'],
    ['in a connection URL', `smtp://login:${encodeURIComponent(made(OHIO))}@host`, 'more'],
    ['as a mail program logs in', Buffer.from(`\0login\0${made(OHIO)}`).toString('base64'), 'more'],
  ])('a password elsewhere is refused: %s', (_case, more, where) => {
    const found = `smtp-password at ${where}`;
    expect(refusal({ ...key, more }, settings)).toBe(found);
    expect(refusal({ ...key, more }, FLAT)).toBe(found);
  });

  test('a password that is made of another key is carried', () => {
    const more = { pass: smtpPassword('not-a-real-secret-of-another-key', OHIO) };
    expect(refusal({ ...key, more }, settings)).toBe('nothing');
  });

  test.each(['{}', '{"pass":""}'])('is not published where two passwords have one field: in %s', (text) => {
    const clash = { ...FLAT, ...smtp([IRELAND, OHIO], 'pass') };
    const next = documentWith(base(text, clash), material);
    expect(next).toEqual({ code: 'key-not-found' });
  });

  test('counts for the room that there is', () => {
    const fields = { note: '' };
    const length = accessKeyDocument(
      { accessKeyId: 'y'.repeat(128), secretAccessKey: 'y'.repeat(256), userName: 'alice', createDate: NOW },
      settings,
    ).length;
    const room = 65_536 - length - '"note":"",'.length;
    expect(refusal({ ...fields, note: 'x'.repeat(room) }, settings)).toBe('nothing');
    const text = JSON.stringify({ ...fields, note: 'x'.repeat(room + 1) });
    expect(obstacleIn(base(text, settings))).toEqual({ code: 'too-large', tooMany: 1 });
  });
});

describe('what could not be right with another key is refused', () => {
  const whole = { AccessKeyId: OLD, SecretAccessKey: SECRET };
  const obstacle = (fields: object, settings = FLAT) =>
    obstacleIn(base(JSON.stringify(fields), settings, [listed(OLD), listed(OTHER)]));
  const named = (fields: object, settings?: DocumentSettings): string => {
    const found = obstacle(fields, settings);
    expect(JSON.stringify({ found })).not.toMatch(new RegExp(`${OLD}|${OTHER}|not-a-real|${SMTP_PASSWORD}`));
    return told(found);
  };
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const url = (text: string) => `s3://${OLD}:${text}@host/bucket`;

  test.each<[string, unknown, string]>([
    ['in a connection URL', { url: url('x') }, 'at more.url'],
    ['the secret alone, in a URL, with its marks encoded', `x:${encodeURIComponent(SECRET)}@`, 'at more'],
    ['encoded twice', encodeURIComponent(encodeURIComponent(`x:${SECRET}@`)), 'at more'],
    ['encoded with small letters', encodeURIComponent(SECRET).toLowerCase(), 'at more'],
    ['in a line of a file', [`[default]\naws_access_key_id = ${OLD}\n`], 'at more[0]'],
    ['the ID in Base64', base64(OLD), 'at more'],
    ['the secret in Base64', base64(SECRET), 'at more'],
    ['both in Base64, as a header has them', `Basic ${base64(`${OLD}:${SECRET}`)}`, 'at more'],
    [
      'in Base64 for URLs, in the middle of a run',
      `xy/${Buffer.from(`>>?${SECRET}`).toString('base64url')}`,
      'at more',
    ],
    [
      'in Base64 with line ends',
      base64(`${'x'.repeat(60)}${SECRET}`).replaceAll(/(.{20})/g, '$1\r\n'),
      'at more',
    ],
    ['in a JSON text', JSON.stringify({ key: OLD }), 'at more'],
    [
      'in a JSON text with escapes',
      `{"secret":"${SECRET.replace('/', '\\/').replace('+', '\\u002b')}"}`,
      'at more',
    ],
    [
      'in a JSON text in Base64',
      { a: { 'b c': base64(JSON.stringify({ key: SECRET })) } },
      'at more.a."b c"',
    ],
    ['as a name', { [OLD]: 1 }, 'at more.(a name with the key in it)'],
    [
      'under a name that has it in it',
      { [`of ${OLD}`]: { url: url('y') } },
      'at more.(a name with the key in it).url, more.(a name with the key in it)',
    ],
    ['another key of the user', OTHER, 'at more'],
    ['another key of the user, in a longer text', `former: ${OTHER}`, 'at more'],
  ])('a key of the user that does not follow: %s', (_case, more, where) => {
    expect(named({ ...whole, more })).toBe(`hidden-key ${where}`);
  });

  test('a key under names that the rotation was not told of', () => {
    expect(named({ user: OLD, password: SECRET })).toBe('hidden-key at user');
    expect(named({ user: OLD, password: SECRET }, NAMED)).toBe('nothing');
  });

  test('all places are named', () => {
    const many = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((one) => [`at${one}`, url('x')]));
    expect(named({ ...whole, ...many })).toBe('hidden-key at at1, at2, at3, at4, at5, at6, at7');
    expect(named({ ...whole, at1: url('x'), at2: url('x') })).toBe('hidden-key at at1, at2');
  });

  test('what merely looks alike is carried', () => {
    const more = {
      note: `${OLD.slice(0, -1)} and ${base64('something else')}`,
      hash: 'f'.repeat(40),
      role: 'AKIA',
    };
    expect(named({ ...whole, ...more })).toBe('nothing');
  });

  const TOKENS = [
    'SessionToken',
    'sessionToken',
    'session_token',
    'aws_session_token',
    'AWS_SESSION_TOKEN',
    'SecurityToken',
    'security_token',
    'aws_security_token',
    'AWS_SECURITY_TOKEN',
    'x-amz-security-token',
    'fs.s3a.session.token',
    'x_security_token_expires',
    'aws_session_token_expiration',
    'AWS_SESSION_EXPIRATION',
    'AWS_CREDENTIAL_EXPIRATION',
    'aws_expiration',
  ];
  test.each(TOKENS)('%s beside the key, under whatever names that has', (name) => {
    for (const [fields, settings] of [
      [whole, FLAT],
      [{ user: OLD, password: SECRET }, NAMED],
      [{}, WHOLE],
    ] as const) {
      expect(named({ ...fields, [name]: 'something' }, settings)).toBe(
        `temporary at ${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}`,
      );
      for (const empty of ['', ' ', null])
        expect(named({ ...fields, [name]: empty }, settings)).toBe('nothing');
    }
  });

  test.each(['Token', 'token', 'Expiration', 'expiration'])(
    '%s, where the key has the names of a container’s endpoint',
    (name) => {
      expect(named({ ...whole, [name]: 'something' })).toBe(`temporary at ${name}`);
      expect(named({ ...whole, [name]: 7 })).toBe(`temporary at ${name}`);
      for (const settings of [WHOLE, FLAT, BOTH]) {
        expect(named({ [name]: 'something' }, settings)).toBe(`temporary at ${name}`);
      }
      expect(named({ user: OLD, password: SECRET, [name]: 'of GitHub' }, NAMED)).toBe('nothing');
    },
  );

  test('a token beside a copy of the key, and none that is elsewhere', () => {
    const profile = { aws_access_key_id: OLD, aws_secret_access_key: SECRET, aws_session_token: 'x' };
    expect(named({ ...whole, profiles: [profile] })).toBe('temporary at profiles[0].aws_session_token');
    expect(named({ ...whole, other: { session_token: 'of another service' } })).toBe('nothing');
  });

  test("a password of SES's beside the key's ID, and none that is elsewhere", () => {
    expect(named({ ...whole, smtp: { user: OLD, pass: SMTP_PASSWORD } })).toBe('smtp-password at smtp.pass');
    expect(named({ ...whole, smtp: { user: 'AKIASOMETHINGELSE000', pass: SMTP_PASSWORD } })).toBe('nothing');
  });

  test('what cannot be understood', () => {
    expect(obstacle({ ...whole, AccessKeyId: 'x' })).toEqual({
      code: 'unreadable',
      problem: { code: 'no-id', field: 'AccessKeyId' },
    });
    expect(told(obstacleIn(base('[]', FLAT)))).toBe('unreadable: not-an-object');
  });

  test.each([
    ['the whole document', WHOLE, { note: '' }],
    ['names alone', NAMED, { note: '' }],
    ['names and copies', NAMED, { note: '', user: OLD, password: SECRET, copies: [OLD, SECRET] }],
  ])('what leaves no room, counted in bytes: %s', (_case, settings, fields) => {
    const id = `AKIA${'y'.repeat(124)}`;
    const longest = {
      accessKeyId: id,
      secretAccessKey: 'y'.repeat(256),
      userName: 'y'.repeat(64),
      createDate: NOW,
    };
    const empty = documentWith(base(JSON.stringify(fields), settings), longest);
    if (typeof empty !== 'string') throw new Error(told(empty));
    const room = 65_536 - empty.length;
    const whyNot = (note: string) => obstacleIn(base(JSON.stringify({ ...fields, note }), settings));
    expect(whyNot('x'.repeat(room))).toBeUndefined();
    expect(whyNot('x'.repeat(room + 1))).toEqual({ code: 'too-large', tooMany: 1 });
    expect(whyNot('ä'.repeat(room / 2 + 1))).toMatchObject({ code: 'too-large' });
  });
});
