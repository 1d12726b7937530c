import { ERROR_NAMES } from '../../../../lambdas/shared/contract/errors';
import { TELLINGS } from '../../../../lambdas/shared/contract/told';
import type { Said } from '../../../../lambdas/shared/text/said';
import { composeMessage, type Letterhead } from '../../../../lambdas/shared/words/message';
import { TITLES } from '../../../../lambdas/shared/words/titles';
import { key, NEW, OLD } from '../../support/fixtures';

const LETTERHEAD: Letterhead & { readonly executionArn: string } = {
  userName: 'alice',
  executionArn: 'arn:aws:states:us-east-1:111122223333:execution:rotation:first',
  roles: { old: OLD, fresh: NEW },
  runbookUrl: 'docs/runbook.md',
  at: new Date('2026-03-02T10:00:00Z'),
};
const composed = (said: Partial<Said>, letterhead: Partial<Letterhead> = {}) =>
  composeMessage({ what: 'It is so.', ...said }, 'AdoptionTimedOut', { ...LETTERHEAD, ...letterhead });

/** The lines of a part of a mail. */
const partOf = (heading: string, text: string): readonly string[] =>
  text
    .split('\n\n')
    .find((block) => block.startsWith(`${heading}\n`))
    ?.split('\n')
    .slice(1) ?? [];

describe('the subject', () => {
  test.each([
    [true, 'URGENT [alice @ 111122223333/us-east-1] consumers have not moved (AdoptionTimedOut)'],
    [false, '[alice @ 111122223333/us-east-1] consumers have not moved (AdoptionTimedOut)'],
  ])('of what is urgent (%s) says so first', (urgent, subject) => {
    expect(composed({ urgency: { urgent, why: 'So.' } }).subject).toBe(subject);
  });

  test('has the title of the case, if the words give one', () => {
    const { subject, text } = composed({ title: 'a program still uses the old key' });
    expect(subject).toContain('] a program still uses the old key (AdoptionTimedOut)');
    expect(text).toMatch(/^alice, .*: a program still uses the old key \(AdoptionTimedOut\)\.\n/);
  });

  // IAM allows 64 characters for a name, and the longest name of a Region has 14.
  test.each([...ERROR_NAMES, ...TELLINGS])('of %s is one that SNS takes, whoever it is about', (event) => {
    const title = 't'.repeat(45);
    expect(TITLES[event].title).toMatch(/^[ -~]{1,45}$/);
    for (const userName of ['a', 'u'.repeat(64), undefined]) {
      for (const said of [{}, { title }]) {
        const executionArn = LETTERHEAD.executionArn.replace('us-east-1', 'ap-southeast-1');
        const { subject } = composeMessage(
          { what: 'So.', urgency: { urgent: true, why: 'So.' }, ...said },
          event,
          { ...LETTERHEAD, userName, executionArn },
        );
        expect(subject).toMatch(/^URGENT \[[ -~]+\] [ -~]+$/);
        expect(subject.length).toBeLessThanOrEqual(99);
        expect(subject).toContain('title' in said ? title : TITLES[event].title);
      }
    }
  });
});

describe('the keys', () => {
  const keys = [key(OLD), key(NEW)];

  test.each([
    ['none', undefined, []],
    ['the new one', NEW, [NEW]],
    ['one that the user does not have', 'AKIAOTHEROTHEROTHER3', []],
  ])('say which of them the secret holds: %s', (_which, inSecret, marked) => {
    const lines = partOf('KEYS', composed({ keys, inSecret }).text);
    expect(lines).toHaveLength(2);
    expect(
      lines.filter((line) => line.includes(', in the secret: ')).map((line) => line.split(' ')[0]),
    ).toEqual(marked);
  });
});

describe('the last part', () => {
  const linesOf = (said: Partial<Said>, letterhead: Partial<Letterhead>) =>
    partOf('MORE', composed(said, letterhead).text);

  test('begins with the time, in the zone of the user', () => {
    const [first] = linesOf({}, { timeZone: 'Europe/Berlin' });
    expect(first).toBe('At: Mon 2 March 2026, 11:00 Europe/Berlin (2026-03-02T10:00:00Z)');
  });

  test.each([
    ['that the state names', {}, { secretId: 'of-state' }, ['Secret: of-state']],
    ['that the words name', { secretId: 'of-words' }, { secretId: 'of-state' }, ['Secret: of-words']],
    ['that nobody names', {}, {}, []],
  ])('has the secret %s', (_which, said, letterhead, found) => {
    expect(linesOf(said, letterhead).filter((line) => line.startsWith('Secret: '))).toEqual(found);
  });
});
