/**
 * Measures the project:
 *
 *     npm run bench
 */
import { type HelpOrMisuse, runScript } from '../../consumer/ground/command-line';
import { type Command, parseCommand, type Section } from './options';
import { PRICES, PRICES_OF } from './prices';
import type { Part } from './report';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** The results of a section: for people, and for machines. */
interface Measured {
  readonly part: Part;
  readonly document: unknown;
}

type Tell = (text: string) => void;

/** Each loads what it needs only when its turn comes: loading takes longer than `--help` should. */
const MEASURE: Readonly<Record<Section, (rounds: number, tell: Tell) => Promise<Measured>>> = {
  calls: async (_rounds, tell) => {
    const { countRotations } = await import('./rotations');
    const { ASSUMED, costOf, yearOf } = await import('./cost');
    const { callsPart } = await import('./report');
    const counts = await countRotations(tell);
    const year = yearOf(counts);
    const kinds = Object.entries(counts).map(([kind, of]) => [kind, { ...of, usd: costOf(of) }]);
    return {
      part: callsPart(counts, year),
      document: { kinds: Object.fromEntries(kinds), year, ...PRICES_OF, prices: PRICES, assumed: ASSUMED },
    };
  },
  functions: async (rounds, tell) => {
    const { measureBundles } = await import('./functions');
    const { functionsPart } = await import('./report');
    tell(`${rounds} loads of each`);
    const functions = await measureBundles({ rounds });
    return { part: functionsPart(functions, rounds), document: { rounds, functions } };
  },
  simulation: async (rounds, tell) => {
    const { measureSimulation } = await import('../../simulation/search/benchmark');
    const { simulationPart } = await import('./report');
    const measured = await measureSimulation(rounds, (round) => tell(`round ${round} of ${rounds}`));
    return { part: simulationPart(measured, rounds), document: { rounds, ...measured } };
  },
  synthesis: async (rounds, tell) => {
    const { measureSynthesis } = await import('./synthesis');
    const { synthesisPart } = await import('./report');
    const measured = await measureSynthesis(rounds, tell);
    return { part: synthesisPart(measured), document: measured };
  },
};

const main = async ({ sections, rounds, json }: Exclude<Command, HelpOrMisuse>): Promise<number> => {
  const tell: Tell = (text) => void (json ? process.stderr : process.stdout).write(text);
  const parts: Part[] = [];
  const document: Record<string, unknown> = {};
  for (const [index, section] of sections.entries()) {
    tell(`Measuring ${section} (${index + 1} of ${sections.length}) ...\n`);
    const measured = await MEASURE[section](rounds, (text) => tell(`  ${text}\n`));
    parts.push(measured.part);
    document[section] = measured.document;
  }
  const { report } = await import('./report');
  process.stdout.write(json ? `${JSON.stringify(document, undefined, 2)}\n` : `\n${report(parts)}`);
  return 0;
};

void runScript(parseCommand(process.argv.slice(2)), main);
