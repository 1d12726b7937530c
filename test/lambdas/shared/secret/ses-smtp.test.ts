import { passwordFieldOf, SES_REGIONS } from '../../../../lambdas/shared/contract/document-fields';
import {
  isSmtpPassword,
  isSmtpPasswordOf,
  SMTP_PASSWORD_LENGTH,
  smtpPassword,
  smtpPasswordsOf,
} from '../../../../lambdas/shared/secret/ses-smtp';

/** Of Terraform's provider for AWS, `aws_iam_access_key`, ses_smtp_password_v4. */
const SECRET = 'some+secret+key';
const VECTORS: [string, string][] = [
  ['eu-central-1', 'BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2'],
  ['us-west-1', 'BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj'],
];

test.each(VECTORS)('the password for %s', (region, password) => {
  expect(smtpPassword(SECRET, region)).toBe(password);
  expect(isSmtpPasswordOf(SECRET, region, password)).toBe(true);
  expect(isSmtpPasswordOf(`${SECRET}0`, region, password)).toBe(false);
  expect(isSmtpPasswordOf(SECRET, 'eu-west-1', password)).toBe(false);
});

test('a password of before 2019 is the same for all Regions, and recognised', () => {
  const former = smtpPasswordsOf(SECRET).filter((password) => Buffer.from(password, 'base64')[0] === 2);
  expect(former).toHaveLength(1);
  for (const region of SES_REGIONS) expect(isSmtpPasswordOf(SECRET, region, former[0] ?? '')).toBe(true);
});

test('every Region has another password, and all are of one form', () => {
  const passwords = smtpPasswordsOf(SECRET);
  expect(new Set(passwords).size).toBe(SES_REGIONS.length + 1);
  for (const password of passwords) {
    expect(password).toHaveLength(SMTP_PASSWORD_LENGTH);
    expect(isSmtpPassword(password)).toBe(true);
  }
  for (const [, password] of VECTORS) expect(passwords).toContain(password);
});

test.each([
  ['a secret access key', 'x'.repeat(40)],
  ['another version', Buffer.from([3, ...Array<number>(32).fill(0)]).toString('base64')],
  ['one byte more', Buffer.from([4, ...Array<number>(33).fill(0)]).toString('base64')],
  ['a longer text', `${smtpPassword(SECRET, 'eu-west-1')} `],
])('%s is no password', (_case, text) => {
  expect(isSmtpPassword(text)).toBe(false);
});

test.each([
  ['smtpPassword', 'smtpPassword'],
  ['pass-{Region}', 'pass-eu-west-1'],
  ['{Region}.{Region}', 'eu-west-1.eu-west-1'],
  ['{region}', '{region}'],
])('the field %s is %s', (passwordField, field) => {
  expect(passwordFieldOf({ regions: [], userField: 'u', passwordField }, 'eu-west-1')).toBe(field);
});
