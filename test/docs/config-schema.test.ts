import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { JSON_SCHEMA_FILE } from '../../lib/config/json-schema';
import example from '../../rotation.config.example.json';
import { configSchemaText } from '../../tools/docs/config-schema';

const text = readFileSync(join(__dirname, '..', '..', JSON_SCHEMA_FILE), 'utf8');
// Of formats, an editor knows more than is asked here.
const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
  JSON.parse(text),
);

test('the JSON Schema of the configuration is as the code is (else: npx tsx tools/docs/config-schema.ts)', () => {
  expect(text).toBe(configSchemaText());
});

const stacks = [{ stackName: 'One', account: '111122223333', region: 'eu-west-1', users: example.users }];
const alice = (settings: object) => ({ users: [{ userName: 'alice', ...settings }] });

test.each<[string, unknown]>([
  ['the example', example],
  ['several stacks', { defaults: { quietPeriod: 'P4D' }, stacks }],
  ['names of fields by a word', alice({ fieldNames: 'environment' })],
  ['names of fields', alice({ fieldNames: { accessKeyId: 'user', secretAccessKey: 'password' } })],
  ['replicas in both forms', alice({ replicaRegions: ['us-east-1', { region: 'us-west-2' }] })],
  ['no window', alice({ deactivationWindow: 'always' })],
])('an editor accepts %s', (_what, config) => {
  expect([validate(config), validate.errors]).toEqual([true, null]);
});

test.each<[string, unknown]>([
  ['nobody', {}],
  ['users and stacks', { ...example, stacks }],
  ['an unknown field', alice({ rotateAfer: 'P60D' })],
  ['an unknown default', { ...alice({}), defaults: { userName: 'bob' } }],
  ['a period of weeks', alice({ overlapPeriod: 'P1W' })],
  ['another word for names of fields', alice({ fieldNames: 'env' })],
  ['a stack without a name', { stacks: [example] }],
])('an editor refuses %s', (_what, config) => {
  expect(validate(config)).toBe(false);
});

/** As far as it matters here. */
interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

test('an editor tells what each setting of a user is for', () => {
  const { properties }: JsonSchema = JSON.parse(text).definitions.user;
  const fields = Object.entries(properties ?? {});
  expect(fields.length).toBeGreaterThan(20);
  for (const [name, schema] of fields) {
    expect([name, schema.description]).toEqual([name, expect.stringMatching(/\.$/)]);
  }
});
