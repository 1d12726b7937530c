import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executionNameOf } from '../../lambdas/shared/contract/names';

const ROOT = join(__dirname, '..', '..');
// What messages say is made by the product, and tested there.
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'messages.md')
    .map((name) => join('docs', name)),
];

/** Where a command is, and the command itself, with its lines joined. */
type Found = readonly [document: string, command: string];

const STARTS: readonly Found[] = DOCUMENTS.flatMap((document) =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(/^ *```sh\n(.*?)^ *```$/gms)].flatMap(
    ([, block = '']) =>
      block
        .replace(/\\\n\s*/g, '')
        .split('\n')
        .filter((line) => line.includes('start-execution'))
        .map((line): Found => [document, line.trim()]),
  ),
);

/** The words that a shell hands to the AWS CLI. */
const wordsOf = (command: string): readonly string[] => {
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', `aws() { printf '%s\\n' "$@"; }\n${command}`], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      STATE_MACHINE_ARN: 'arn:of-rotations',
      EMERGENCY_ARN: 'arn:of-emergencies',
      LEAKED_ACCESS_KEY_ID: 'AKIAOLDOLDOLDOLDOLD1',
    },
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.trimEnd().split('\n');
};

const optionsOf = (command: string): Readonly<Record<string, string>> => {
  const [, , ...words] = wordsOf(command);
  return Object.fromEntries(
    words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])),
  );
};

test('there are commands that start executions', () => {
  expect(STARTS.map(([document]) => document)).toEqual(
    expect.arrayContaining([join('docs', 'operations.md'), join('docs', 'runbook.md')]),
  );
});

test.each(STARTS)(
  '%s: a shell takes it, and the execution is called after its user: %s',
  (_document, command) => {
    const {
      '--state-machine-arn': machine,
      '--name': name = '',
      '--input': input = '',
      // What is shown of the answer.
      '--query': _query,
      '--output': _output,
      ...others
    } = optionsOf(command);
    expect(machine).toMatch(/^arn:of-(rotations|emergencies)$/);
    const { userName } = JSON.parse(input) as { readonly userName: string };
    expect(name).toMatch(new RegExp(`^${executionNameOf(userName)}-\\d{8}T\\d{6}Z$`));
    expect(others).toEqual({});
  },
);

test('the runbook says how the executions of other users begin', () => {
  const runbook = readFileSync(join(ROOT, 'docs', 'runbook.md'), 'utf8');
  const [, begins = '', userName = ''] =
    /`([\w-]+)` for\s+`([^`]+)`\. Users whose names begin alike/.exec(runbook) ?? [];
  expect(executionNameOf(userName)).toMatch(new RegExp(`^${begins}-[0-9a-f]{16}$`));
  expect(executionNameOf('x'.repeat(64)).slice(0, -17)).toHaveLength(26);
  expect(runbook).toContain('its first 26');
});
