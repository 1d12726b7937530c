/**
 * Writes what the rotation assumes about AWS, from simulation/mechanisms/assumptions.ts, into the marked
 * regions of docs/assumptions.md:
 *
 *     npx tsx tools/docs/assumptions.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ASSUMPTIONS,
  type Assumption,
  type Knob,
  NO_ASSUMPTION,
  TURNS,
} from '../../simulation/mechanisms/assumptions';
import { ACTS } from '../../simulation/schedule/schedule';
import { withRegion } from './region';
import { table } from './table';

const ASSUMPTIONS_FILE = join(__dirname, '..', '..', 'docs', 'assumptions.md');

const assumptions: readonly Assumption[] = ASSUMPTIONS;

const linkTo = ({ title, path }: { readonly title: string; readonly path: string }): string =>
  `[${title}](https://docs.aws.amazon.com/${path})`;

/** What AWS's documentation says. */
const wordOf = ({ aws }: Assumption): string => {
  if (aws === 'nothing') return 'not documented';
  return 'promises' in aws ? `promised: ${linkTo(aws.promises)}` : `not promised: ${linkTo(aws.denies)}`;
};

/** A knob's name: that of the schedule's setting that turns it, otherwise its own. */
const nameOf = (knob: Knob): string => {
  const [, name = ''] = knob.split('.');
  const setting = Object.entries(TURNS).find(([, turned]) => knob === `aws.${turned}`)?.[0];
  return `\`${setting ?? name}\``;
};

const PERSON = /^person\./;

/** All acts of a person are named together. */
const knobsOf = ({ triedBy = [] }: Assumption): string => {
  const acts = triedBy.filter((knob) => PERSON.test(knob));
  const others = triedBy.filter((knob) => !PERSON.test(knob)).map(nameOf);
  const persons = acts.length === ACTS.length ? ['every act of a person'] : acts.map(nameOf);
  return [...others, ...persons].join(', ') || '–';
};

const statementsOf = ({ statements = [] }: Assumption): string =>
  statements.length === 0
    ? ''
    : ` · [put to emulators](fidelity.md#the-statements): ${statements.map((key) => `\`${key}\``).join(', ')}`;

const ofService = (service: string): string => {
  const rows = assumptions
    .filter((assumption) => assumption.service === service)
    .map((assumption) => [
      `${assumption.says}<br><sub>\`${assumption.id}\`${statementsOf(assumption)}</sub>`,
      wordOf(assumption),
      knobsOf(assumption),
      assumption.otherwise,
    ]);
  return [`### ${service}`, table([['property', 'AWS', 'tried by', 'what the rotation does'], ...rows])].join(
    '\n\n',
  );
};

const properties = (): string => {
  const services = [...new Set(assumptions.map(({ service }) => service))];
  return `\n${services.map(ofService).join('\n\n')}\n`;
};

const windows = (): string =>
  table([
    ['what does not hold', 'window', 'what may happen in it'],
    ...assumptions.flatMap(({ says, service, beyond }) =>
      beyond === undefined ? [] : [[`${says} (${service})`, beyond.window, beyond.consequence]],
    ),
  ]);

const others = (): string =>
  `\n${Object.entries(NO_ASSUMPTION)
    .map(([knob, why]) => `- ${nameOf(knob as Knob)}: ${why}.`)
    .join('\n')}\n`;

/** The text with the assumptions in its marked regions. */
export const withAssumptions = (markdown: string): string => {
  const regions = { properties: properties(), windows: windows(), others: others() };
  return Object.entries(regions).reduce((text, [name, content]) => withRegion(text, name, content), markdown);
};

if (require.main === module) {
  writeFileSync(ASSUMPTIONS_FILE, withAssumptions(readFileSync(ASSUMPTIONS_FILE, 'utf8')));
}
