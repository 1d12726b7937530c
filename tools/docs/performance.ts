/**
 * Writes the AWS calls of rotations, and their cost, into the marked regions of docs/performance.md and
 * docs/cost.md. Times are not included: they depend on the machine.
 *
 *     npx tsx tools/docs/performance.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ALARMS_PER_STACK,
  ASSUMED,
  callsOf,
  costOf,
  DASHBOARDS_PER_STACK,
  dollars,
  kmsCostOf,
  METRICS_PER_STACK,
  READS,
  WRITES,
  yearOf,
} from '../bench/cost';
import { type MeasuredBundles, measureBundles } from '../bench/functions';
import { PRICES, PRICES_OF, priceOf } from '../bench/prices';
import { type Counts, countRotations, KINDS, type Kind } from '../bench/rotations';
import { paragraph } from './prose';
import { withRegion } from './region';
import { table } from './table';

export const PERFORMANCE_FILE = join(__dirname, '..', '..', 'docs', 'performance.md');
export const COST_FILE = join(__dirname, '..', '..', 'docs', 'cost.md');

type AllCounts = Readonly<Record<Kind, Counts>>;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The items of the year's rows. */
const amounts = (stateTransitions: number, secretCalls: number, functionCalls: number): string =>
  `${plural(stateTransitions, 'state transition')}, ${plural(secretCalls, 'call')} of Secrets Manager, ${plural(functionCalls, 'function call')}`;

/** What a user costs in a year in which nothing goes wrong. */
const year = (counts: AllCounts): string => {
  const { ordinary, 'nothing-due': nothingDue, 'under-way': underWay } = counts;
  const of = yearOf(counts);
  const asked = (pick: (one: Counts) => number): number =>
    of.nothingDue * pick(nothingDue) + of.underWay * pick(underWay);
  const secretCalls = (one: Counts): number => callsOf(one, 'secretsmanager');
  const ofAsking = amounts(
    asked(({ stateTransitions }) => stateTransitions),
    asked(secretCalls),
    asked(({ functionCalls }) => functionCalls),
  );
  const ofRotation = amounts(ordinary.stateTransitions, secretCalls(ordinary), ordinary.functionCalls);
  return table([
    ['per user and year', 'amount', 'USD'],
    ['the secret', '12 months', dollars(of.secret)],
    [
      'asking whether a rotation is due',
      `${of.starts - Math.round(of.rotations)} scheduled starts that begin no rotation: ${ofAsking}`,
      dollars(of.asking),
    ],
    [
      'rotating',
      `${of.rotations.toFixed(1)} rotations, each of ${ofRotation}, ${plural(callsOf(ordinary, 'events'), 'event')}`,
      dollars(of.rotating),
    ],
    ['the survey', 'a look at the user on each day', dollars(of.surveying)],
    ['**together**', '', `**${dollars(of.total)}**`],
    [
      'per stack and year, for all its users',
      `${ALARMS_PER_STACK} CloudWatch alarms`,
      dollars(of.alarmsOfStack),
    ],
    ['', `${METRICS_PER_STACK} metrics of the survey, in one hour of each day`, dollars(of.metricsOfStack)],
    ['', `${plural(DASHBOARDS_PER_STACK, 'dashboard')}`, dollars(of.dashboardOfStack)],
  ]);
};

/** The kinds that docs/cost.md names, in its words. */
const BILLED: readonly (readonly [Kind, string])[] = [
  ['nothing-due', 'a scheduled start, and nothing is due'],
  ['first-key', 'a user’s first key'],
  ['ordinary', 'a healthy rotation'],
  ['resumed', 'the same, stopped after publication and resumed'],
  ['rolled-back', 'rolled back because an alarm goes off, and resumed later'],
  ['only-key-leaked', 'an emergency with the only key'],
];

const bill = (counts: AllCounts): string =>
  table([
    [
      'one of these',
      'state transitions',
      'function calls',
      'calls of Secrets Manager',
      'writes to IAM',
      'USD',
    ],
    ...BILLED.map(([kind, words]) => {
      const of = counts[kind];
      return [
        words,
        `${of.stateTransitions}`,
        `${of.functionCalls}`,
        `${callsOf(of, 'secretsmanager')}`,
        `${callsOf(of, 'iam', WRITES)}`,
        dollars(costOf(of).total),
      ];
    }),
  ]);

/** docs/cost.md with the cost of rotations in its marked region. */
export const withCost = (page: string, counts: AllCounts): string => {
  const { stateTransitions, checks } = counts.ordinary;
  const text = [
    year(counts),
    bill(counts),
    `USD are list prices of ${PRICES_OF.region} in ${PRICES_OF.date}, without free tiers; AWS changes them.`,
    paragraph(
      `A KMS key of your own adds ${dollars(priceOf('kmsKeyMonth'))} USD a month, and ${dollars(kmsCostOf(counts.ordinary))} for a healthy rotation. Each replica costs as much as the secret.`,
    ),
    `Of the ${stateTransitions} transitions of a healthy rotation, ${3 * checks.health} are its ${checks.health} health checks in the recovery period.`,
  ];
  return withRegion(page, 'cost', `\n${text.join('\n\n')}\n`);
};

/** The figures of each kind of rotation. */
const kinds = (counts: AllCounts): string =>
  table([
    [
      'kind',
      'executions',
      'days',
      'state transitions',
      'function calls',
      'IAM reads',
      'IAM writes',
      'Secrets Manager reads',
      'Secrets Manager writes',
      'USD',
    ],
    ...(Object.entries(counts) as [Kind, Counts][]).map(([kind, of]) => [
      `\`${kind}\`<br><sub>${KINDS[kind]}</sub>`,
      ...[
        of.executions,
        Math.round(of.days),
        of.stateTransitions,
        of.functionCalls,
        callsOf(of, 'iam', READS),
        callsOf(of, 'iam', WRITES),
        callsOf(of, 'secretsmanager', READS),
        callsOf(of, 'secretsmanager', WRITES),
      ].map(String),
      dollars(costOf(of).total),
    ]),
  ]);

/** Each operation, on its own line. */
const operations = (counts: AllCounts): string => {
  const cell = (of: Counts, mine: (service: string) => boolean, withService = false): string =>
    Object.entries(of.calls)
      .map(([name, count]) => ({ name, count, service: name.replace(/:.*/, '') }))
      .filter(({ service }) => mine(service))
      .map(({ name, count }) => `\`${withService ? name : name.replace(/.*:/, '')}\` ${count}`)
      .join(', ') || '–';
  const isElse = (service: string): boolean => service !== 'iam' && service !== 'secretsmanager';
  return table([
    ['kind', '`iam:`', '`secretsmanager:`', 'else'],
    ...Object.entries(counts).map(([kind, of]) => [
      `\`${kind}\``,
      cell(of, (service) => service === 'iam'),
      cell(of, (service) => service === 'secretsmanager'),
      cell(of, isElse, true),
    ]),
  ]);
};

const CHECKED = {
  page: 'against a copy of that page',
  copies: 'against what others have copied from it',
  memory: 'not at all: from memory',
} as const;

const prices = (): string =>
  table([
    ['USD', 'for', 'says', 'checked'],
    ...Object.values(PRICES).map(({ usd, per, what, page, checked }) => [
      `${usd}`,
      `${per === 1 ? '1' : per.toLocaleString('en-US')} × ${what}`,
      page,
      CHECKED[checked],
    ]),
  ]);

/** How large each function is, and what default bundling would make of it. */
const sizes = (functions: readonly MeasuredBundles[]): string => {
  // In whole kilobytes: one more word in a message does not count as a change of size.
  const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0);
  return table([
    ['function', 'clients of the AWS SDK', 'KB', 'of default, minified', 'default, minified', 'default'],
    ...functions.map(({ name, clients, bytes: of }) => [
      name,
      clients
        .map((client) => client.replace('@aws-sdk/client-', ''))
        .sort()
        .join(', '),
      kilobytes(of.ours),
      `${Math.round((100 * of.ours) / of.defaultMinified)} %`,
      kilobytes(of.defaultMinified),
      kilobytes(of.default),
    ]),
  ]);
};

/** The page with all counted figures in its marked regions. */
export const withPerformance = (
  page: string,
  counts: AllCounts,
  functions: readonly MeasuredBundles[],
): string => {
  const regions = {
    sizes: sizes(functions),
    kinds: kinds(counts),
    operations: operations(counts),
    prices: `\nList prices of ${PRICES_OF.region} in ${PRICES_OF.date}, without free tiers. AWS changes them.\n\n${prices()}\n`,
    assumed: `\n${[
      `- ${plural(ASSUMED.secondsPerCall, 'second')} for each function call, beside the time that it waits, which is counted`,
      `- ${ASSUMED.logBytesPerCall} bytes of log lines that Lambda writes for each call, beside the step's own, which are counted`,
      `- logs kept for ${ASSUMED.logMonths} months`,
      `- ${plural(ASSUMED.mailAddresses, 'mail address')} that gets the messages`,
    ].join('\n')}\n`,
  };
  return Object.entries(regions).reduce((text, [name, content]) => withRegion(text, name, content), page);
};

const main = async (): Promise<void> => {
  const counts = await countRotations();
  const functions = await measureBundles({ rounds: 0 });
  writeFileSync(COST_FILE, withCost(readFileSync(COST_FILE, 'utf8'), counts));
  writeFileSync(PERFORMANCE_FILE, withPerformance(readFileSync(PERFORMANCE_FILE, 'utf8'), counts, functions));
};

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
