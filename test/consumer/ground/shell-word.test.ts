import { findingsOf } from '../../../consumer/command/diagnosis';
import { explainSearch } from '../../../consumer/host/search-problems';

/* Commands that a person copies from the consumer's messages: names of profiles and files may be anything. */

const SEARCH = Object.assign(new Error('not found'), { name: 'CredentialsProviderError' });

test.each([
  ['reader', 'sso_session', 'aws sso login --profile reader'],
  ["it's; mine", 'sso_session', "aws sso login --profile 'it'\\''s; mine'"],
  ['-reader', 'sso_session', "aws sso login '--profile=-reader'"],
  ['$(id)', 'login_session', "aws login --profile '$(id)'"],
])('a missing sign-in for the profile %s', (name, setting, command) => {
  const profile = { name, config: { [setting]: 'x' }, credentials: undefined, services: undefined };
  expect(explainSearch(SEARCH, profile).message.split('Run ')[1]).toBe(command);
});

test.each([
  ['/home/app/.aws/credentials', 'chmod 600 /home/app/.aws/credentials'],
  ["/home/the app's/.aws/$x", "chmod 600 '/home/the app'\\''s/.aws/$x'"],
])('%s is open', (path, change) => {
  const findings = findingsOf({
    name: 'reader',
    now: new Date('2026-03-02T10:00:00Z'),
    profile: undefined,
    files: [{ kind: 'credentials', path, givenUpBy: [], isOpen: true }],
    variables: new Set(),
    environmentProfile: undefined,
    credentials: { problem: 'none' },
    verdict: undefined,
    createdAt: undefined,
  });
  expect(findings).toContainEqual(expect.objectContaining({ code: 'file-open', change }));
});
