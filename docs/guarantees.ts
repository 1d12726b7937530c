/**
 * Writes the safety mechanisms and the faults that they are tried under, from local/simulation, into the marked
 * regions of docs/guarantees.md:
 *
 *     npx tsx docs/guarantees.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CRASHES, FAULTS, NOT_TRIED, PERSONS } from '../local/simulation/exhaustive';
import { INVARIANTS, type InvariantNumber } from '../local/simulation/invariants';
import { MECHANISMS, type Mechanism } from '../local/simulation/mechanisms';
import { type Mishap, nameOf, SHAPES } from '../local/simulation/schedule';
import { withRegion } from './region';
import { table } from './table';

const GUARANTEES_FILE = join(__dirname, 'guarantees.md');

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

const namesOf = (faults: readonly Mishap[]): readonly string[] => [...new Set(faults.map(nameOf))];

const otherFaults = (): readonly string[] => {
  const crashes: readonly Mishap[] = CRASHES;
  return [
    ...namesOf(FAULTS.filter((fault) => !crashes.includes(fault))),
    ...Object.entries(NOT_TRIED).map(([kind, why]) => `not tried: ${kind}, ${why}`),
  ];
};

/** What goes wrong without a mechanism. */
const consequence = ({ doubledBy, proof }: Mechanism): string => {
  if ('harmless' in proof) return `nothing, as far as the simulation can tell: ${proof.harmless}`;
  const number: InvariantNumber = proof.violates;
  const others = doubledBy === undefined ? '' : `without ${doubledBy.join(' and ')}, too: `;
  return `${others}${number}. ${INVARIANTS[number]}`;
};

const mechanisms = (): string =>
  table([
    ['mechanism', 'what it is', 'what is violated without it'],
    ...MECHANISMS.map((mechanism) => [`\`${mechanism.name}\``, mechanism.is, consequence(mechanism)]),
  ]);

const shapes = (): string => table([['shape', 'what it is'], ...Object.entries(SHAPES)]);

/** The text with everything in its marked regions. */
export const withGuarantees = (markdown: string): string => {
  const regions = {
    shapes: shapes(),
    crashes: `\n${list(namesOf(CRASHES))}\n`,
    faults: `\n${list(otherFaults())}\n`,
    persons: `\n${list(namesOf(PERSONS))}\n`,
    mechanisms: mechanisms(),
  };
  return Object.entries(regions).reduce((text, [name, content]) => withRegion(text, name, content), markdown);
};

if (require.main === module) {
  writeFileSync(GUARANTEES_FILE, withGuarantees(readFileSync(GUARANTEES_FILE, 'utf8')));
}
