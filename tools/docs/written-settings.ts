import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../../lib/config/json-schema';

const PROJECT = join(__dirname, '..', '..');

/** The file of the types, from the root of the repository. */
export const WRITTEN_SETTINGS_FILE = 'lib/config/written-settings.ts';

/** What is read of a JSON Schema. Patterns and limits are no types: synthesis checks them. */
interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly description?: string;
  readonly default?: unknown;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** The interfaces, by the names of what they describe in the JSON Schema. */
const INTERFACES = {
  user: 'UserSettings',
  defaults: 'DefaultSettings',
  notifications: 'NotificationSettings',
  deployment: 'SettingsOfDeployment',
} as const;

/** The words for what has none in the JSON Schema. */
const MEANINGS: Readonly<Record<keyof typeof INTERFACES, string>> = {
  user: 'An IAM user whose access keys are rotated. Its own settings stand for those of all users.',
  defaults: 'Settings of all users who do not have their own.',
  notifications: 'Who is told.',
  deployment: 'How it is deployed.',
};

const interfaceNamed = (name: string): string | undefined =>
  (INTERFACES as Readonly<Record<string, string>>)[name];

const WIDTH = 110;

/** Words as a comment of lines that are not too long. */
const comment = (words: readonly string[], indent: string): string => {
  const lines = words.flatMap((paragraph) => {
    const broken: string[] = [''];
    for (const word of paragraph.split(' ')) {
      const line = broken.at(-1) ?? '';
      if (line !== '' && indent.length + 3 + line.length + 1 + word.length > WIDTH) broken.push(word);
      else broken[broken.length - 1] = line === '' ? word : `${line} ${word}`;
    }
    return broken;
  });
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join('\n');
};

const documented = ({ description, default: builtIn }: Schema): readonly string[] => {
  const words = description === undefined ? [] : [description.replaceAll('*/', '*\\/')];
  return builtIn === undefined || /Default: /.test(description ?? '')
    ? words
    : [...words, ...(words.length > 0 ? [''] : []), `@default ${JSON.stringify(builtIn)}`];
};

const fields = ({ properties = {}, required = [] }: Schema, indent: string): string =>
  Object.entries(properties)
    .filter(([name]) => name !== '$schema')
    .map(([name, field]) => {
      const words = documented(field);
      const known = interfaceNamed(name);
      const type = known ?? typeOf(field, indent);
      const optional = required.includes(name) ? `: ${type}` : `?: ${type} | undefined`;
      return `${words.length > 0 ? `${comment(words, indent)}\n` : ''}${indent}readonly ${name}${optional};\n`;
    })
    .join('');

const literals = (values: readonly unknown[]): string =>
  values.map((value) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value))).join(' | ');

const objectType = (schema: Schema, indent: string): string =>
  schema.additionalProperties
    ? `Readonly<Record<string, ${typeOf(schema.additionalProperties, indent)}>>`
    : `{\n${fields(schema, `${indent}  `)}${indent}}`;

const typeOf = (schema: Schema, indent: string): string => {
  const [only] = schema.allOf ?? [];
  if (only !== undefined) return typeOf(only, indent);
  if (schema.$ref !== undefined) {
    const name = interfaceNamed(schema.$ref.replace('#/definitions/', ''));
    if (name !== undefined) return name;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, indent)).join(' | ');
  if (schema.const !== undefined) return literals([schema.const]);
  if (schema.enum !== undefined) return literals(schema.enum);
  if (schema.type === 'array' && schema.items !== undefined) {
    return `readonly (${typeOf(schema.items, indent)})[]`;
  }
  if (schema.type === 'object') return objectType(schema, indent);
  if (schema.type === 'integer') return 'number';
  if (schema.type === 'string' || schema.type === 'number' || schema.type === 'boolean') return schema.type;
  throw new Error(`No type is known for ${JSON.stringify(schema)}.`);
};

const interfaceOf = (name: string, meaning: string, schema: Schema): string =>
  `${comment([meaning], '')}\nexport interface ${name} {\n${fields(schema, '  ')}}\n`;

const without = (properties: Schema['properties'] = {}, others: Schema['properties'] = {}) =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !(name in others)));

/** The types of the configuration as it is written, formatted. */
export const writtenSettingsText = (): string => {
  const whole = configJsonSchema() as Schema;
  const { stacks: _several, ...ofOneStack } = whole.properties ?? {};
  const part = (name: string): Schema => whole.definitions?.[name] ?? whole.properties?.[name] ?? {};
  const defaults = part('defaults');
  const user = { ...part('user'), properties: without(part('user').properties, defaults.properties) };
  const interfaces = [
    ...(['defaults', 'notifications', 'deployment'] as const).map((name) =>
      interfaceOf(INTERFACES[name], part(name).description ?? MEANINGS[name], part(name)),
    ),
    interfaceOf(`${INTERFACES.user} extends ${INTERFACES.defaults}`, MEANINGS.user, user),
  ];
  const root = interfaceOf(
    'RotationSettings',
    'A rotation as its configuration is written. Periods are durations of ISO 8601, such as "P3D" and "PT1H".',
    {
      properties: ofOneStack,
      required: ['users'],
    },
  );
  const text = `// Generated from the settings: npx tsx tools/docs/written-settings.ts\n\n${[...interfaces, root].join('\n')}`;
  return execFileSync(
    process.execPath,
    [
      join(PROJECT, 'node_modules/@biomejs/biome/bin/biome'),
      'format',
      '--stdin-file-path',
      WRITTEN_SETTINGS_FILE,
    ],
    { cwd: PROJECT, input: text, encoding: 'utf8' },
  );
};

if (require.main === module) writeFileSync(join(PROJECT, WRITTEN_SETTINGS_FILE), writtenSettingsText());
