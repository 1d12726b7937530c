/**
 * Writes what the configuration may say, from lib/config, into the marked regions of docs/configuration.md and
 * docs/deployment.md:
 *
 *     npx tsx tools/docs/settings.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DEPLOYMENT } from '../../lib/config/deployment-settings';
import { PEOPLE } from '../../lib/config/notification-settings';
import { COURSE, PERIODS } from '../../lib/config/period-settings';
import { documentSchema, SETTINGS } from '../../lib/config/schema';
import { SECRET } from '../../lib/config/secret-settings';
import type { Setting, Settings } from '../../lib/config/setting';
import { OWN, USER_NAME } from '../../lib/config/user-settings';
import { spoken } from '../../lib/config/words';
import { withRegion } from './region';
import { table } from './table';

const ROOT = join(__dirname, '..', '..');
const CONFIGURATION_FILE = join(ROOT, 'docs', 'configuration.md');
const DEPLOYMENT_FILE = join(ROOT, 'docs', 'deployment.md');

/** Fields of which a section says more, there or in another document. */
const SECTIONS: Readonly<Record<string, string>> = {
  stacks: '#several-stacks',
  notifications: 'recipients.md',
  runbookUrl: 'recipients.md#several-addresses',
  securityHub: 'recipients.md#security-hub',
  deployment: 'deployment.md',
  owners: 'recipients.md#owners',
  ownershipMark: '#one-user-one-secret',
  onExposedKey: '#exposed-keys',
  containForeignKeys: '#exposed-keys',
  document: 'consumers.md#what-is-in-the-secret',
  fieldNames: 'consumers.md#what-is-in-the-secret',
  sesSmtp: 'consumers.md#mail-programs-and-ses',
  kmsKeyArn: '#the-secrets-key-replicas-and-readers',
  replicaRegions: '#the-secrets-key-replicas-and-readers',
  readers: '#the-secrets-key-replicas-and-readers',
  denyOthers: '#denied-to-all-others',
  pauseAtFirst: 'operations.md#pause',
  healthAlarms: 'operations.md#health-alarms',
  validator: 'operations.md#validator',
  acknowledgement: 'operations.md#acknowledgement',
  paused: 'operations.md#pause',
};

const fieldOf = (name: string): string =>
  SECTIONS[name] === undefined ? `\`${name}\`` : `[\`${name}\`](${SECTIONS[name]})`;

/** Objects, quoted words, and names of several words, which are no words of a sentence. */
const CODE = new RegExp(
  `\\{"[^}]*\\}|"[^" ]+"|\\b(?:${Object.keys(SETTINGS)
    .filter((name) => /[A-Z]/.test(name))
    .join('|')})\\b`,
  'g',
);

/** What stands as it is in a configuration, as code. */
const marked = (text: string): string => text.replace(CODE, '`$&`');

const windowOf = ({ days, from, to }: (typeof COURSE)['deactivationWindow']['builtIn']): string =>
  `\`${days[0]}\` to \`${days.at(-1)}\`, \`${from}\` to \`${to}\``;

const defaultOf = ({ byDefault, builtIn }: Setting): string => {
  if (byDefault !== undefined) return marked(byDefault);
  if (builtIn === undefined || (Array.isArray(builtIn) && builtIn.length === 0)) return 'none';
  return builtIn === COURSE.deactivationWindow.builtIn
    ? windowOf(COURSE.deactivationWindow.builtIn)
    : `\`${String(builtIn)}\``;
};

const refusedOf = ({ least, refused }: Setting): string => {
  const forced = least?.forced === undefined ? '' : `; forced, less than ${spoken(least.forced)}`;
  const tooShort = least === undefined ? [] : [`unless forced: less than ${spoken(least.seconds)}${forced}`];
  return [...tooShort, ...(refused === undefined ? [] : [marked(refused)])].join('; ');
};

const settingsTable = (settings: Settings): string =>
  table([
    ['field', 'meaning', 'default', 'refused'],
    ...Object.entries(settings).map(([name, setting]) => [
      fieldOf(name),
      marked(setting.meaning),
      setting === USER_NAME ? 'required' : defaultOf(setting),
      refusedOf(setting),
    ]),
  ]);

const descriptionOf = (schema: z.ZodType): string | undefined =>
  schema.meta()?.description ??
  (schema instanceof z.ZodOptional ? descriptionOf(schema.unwrap() as z.ZodType) : undefined);

/** Fields that belong to no user. */
const documentTable = (): string => {
  const described = Object.entries<z.ZodType>(documentSchema.shape).map(
    ([name, schema]) => [name, descriptionOf(schema)] as const,
  );
  return table([
    ['field', 'meaning'],
    ...described.flatMap(([name, meaning]) =>
      meaning === undefined ? [] : [[fieldOf(name), marked(meaning)]],
    ),
  ]);
};

const settings = (): string =>
  [
    '',
    documentTable(),
    'Of each user, and in `defaults`:',
    settingsTable({ ...PERIODS, ...COURSE, ...PEOPLE }),
    'The secret itself, of each user and in `defaults`:',
    settingsTable(SECRET),
    'Of each user only:',
    settingsTable({ userName: USER_NAME, ...OWN }),
    '',
  ].join('\n\n');

/** docs/configuration.md with its tables up to date. */
export const withSettings = (page: string): string => withRegion(page, 'settings', settings().trim());

/** docs/deployment.md with its table up to date. */
export const withDeployment = (page: string): string =>
  withRegion(page, 'settings', settingsTable(DEPLOYMENT));

if (require.main === module) {
  writeFileSync(CONFIGURATION_FILE, withSettings(readFileSync(CONFIGURATION_FILE, 'utf8')));
  writeFileSync(DEPLOYMENT_FILE, withDeployment(readFileSync(DEPLOYMENT_FILE, 'utf8')));
}
