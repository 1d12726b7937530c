import { MULTIVALUED_KEYS } from '../../local/deployment/permissions';
import { CONFIGURATIONS } from './configuration';
import { statementProblems } from './judge';
import { readPage, withReasons } from './page';
import { WILDCARDS, withoutReason } from './reasons';
import { type Policies, policiesOf, record } from './record';
import { nameInReference, readReference } from './reference';
import { hasReason, isForPeople, wildcardsOf } from './wildcards';
import type { WrittenStatement } from './written-policies';

/*
 * The policies of everything that a stack can have, by the Service Authorization Reference: those of roles and of people, who may take
 * a role on, and those of topic, queue, functions and secrets.
 */

let all: readonly Policies[] = [];
let written: readonly WrittenStatement[] = [];
beforeAll(async () => {
  all = await Promise.all(CONFIGURATIONS.map(policiesOf));
  // What a deployment puts on secrets is in no template.
  const deployed = await Promise.all(
    CONFIGURATIONS.slice(0, 1).map((everything) =>
      record(everything, { stories: [{ title: 'a deployment', play: async () => {} }], schedules: [] }),
    ),
  );
  written = [...all, ...deployed.map(({ ofSecrets }) => ({ written: ofSecrets }))].flatMap(
    (one) => one.written,
  );
});

const referenceOf = (statements: readonly WrittenStatement[], keys: readonly string[] = []) =>
  readReference(
    statements.flatMap(({ actions }) => actions),
    [...statements.flatMap(({ conditions }) => conditions.map(({ key }) => key)), ...keys],
  );

test.each<[string, (statement: WrittenStatement) => boolean, number]>([
  ['of roles', ({ where }) => /Role.*Polic|Permissions|Steps(Watching|Values|Versions)/.test(where), 50],
  ['of trust', ({ actions }) => actions.includes('sts:AssumeRole'), 19],
  ['for people', isForPeople, 12],
  ['of topics and queues', ({ where }) => /(Notifications|Chat|Undelivered).*Policy/.test(where), 6],
  ['of functions', ({ where }) => where.includes('AllowEventRule'), 2],
  ['of secrets', ({ where }) => where.startsWith('the policy of '), 1],
])('policies %s are looked at', (_whose, isOne, least) => {
  expect(written.filter(isOne).length).toBeGreaterThanOrEqual(least);
});

test('each action, resource and condition of every policy is in the Service Authorization Reference', async () => {
  const reference = await referenceOf(written);
  expect(written.flatMap((statement) => statementProblems(reference, statement, hasReason))).toEqual([]);
});

test('the runner knows which condition keys have several values', async () => {
  const reference = await referenceOf(written, [...MULTIVALUED_KEYS]);
  const several = [...reference.keys].filter(([, { type }]) => type.startsWith('ArrayOf'));
  expect(several.map(([key]) => key).sort()).toEqual([...MULTIVALUED_KEYS].map(nameInReference).sort());
});

test('each wildcard has a reason, and each reason is for a wildcard', () => {
  const wildcards = all.flatMap((one) => wildcardsOf(one.statements, one.written));
  const { left, idle } = withoutReason(wildcards, WILDCARDS);
  expect({ left, idle: idle.map(({ reason }) => reason) }).toEqual({ left: [], idle: [] });
});

test('docs/security.md has these reasons (else: npx tsx test/least-privilege/page.ts)', () => {
  expect(readPage()).toBe(withReasons(readPage(), all));
});
