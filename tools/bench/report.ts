import { listed, WIDTH } from '../../local/story/text';
import { wrap } from '../../picture/wrap';
import type { SimulationMeasurement, WireMeasurement } from '../../simulation/search/benchmark';
import { median } from '../../simulation/search/measure';
import { ASSUMED, callsOf, costOf, dollars, READS, WRITES, type Year } from './cost';
import type { MeasuredBundles } from './functions';
import { PRICES_OF } from './prices';
import { type Counts, KINDS, type Kind } from './rotations';
import { SYNTHESIS_STEPS, type SynthesisMeasurement, type SynthesisStep } from './synthesis';

const INDENT = '  ';
/** Wide enough for the longest name of a kind. */
const NAME_WIDTH = 23;

/** A part of the report: its verdict, and the figures behind it. */
export interface Part {
  readonly heading: string;
  /** Sentences for people who read nothing else. */
  readonly verdict: readonly string[];
  readonly body: string;
}

const paragraph = (text: string, indent = INDENT): string =>
  wrap(text, WIDTH - indent.length)
    .map((line) => `${indent}${line}\n`)
    .join('');

/** Columns: the first one to the left, figures to the right. The first row is the head. */
const columns = (rows: readonly (readonly string[])[]): string => {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => {
      const cells = widths.map((width, column) => {
        const text = row[column] ?? '';
        return column === 0 ? text.padEnd(width) : text.padStart(width);
      });
      return `${INDENT}${cells.join(INDENT)}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join('');
};

/** A ratio, with as many digits as the measurement supports. */
const times = (ratio: number): string => `${ratio.toFixed(ratio < 1 ? 2 : ratio < 10 ? 1 : 0)}x`;

/** Everything that is neither IAM nor Secrets Manager: STS, EventBridge, SNS, and the rest. */
const otherCalls = (counts: Counts): number =>
  Object.values(counts.calls).reduce((sum, count) => sum + count, 0) -
  callsOf(counts, 'iam') -
  callsOf(counts, 'secretsmanager');

/** The AWS calls of the rotations. */
export const callsPart = (counts: Readonly<Record<Kind, Counts>>, year: Year): Part => {
  const { ordinary } = counts;
  const kinds = Object.entries(counts) as [Kind, Counts][];
  const rows = kinds.map(([kind, of]) =>
    [
      kind,
      of.stateTransitions,
      of.functionCalls,
      callsOf(of, 'iam', READS),
      callsOf(of, 'iam', WRITES),
      callsOf(of, 'secretsmanager', READS),
      callsOf(of, 'secretsmanager', WRITES),
      otherCalls(of),
      dollars(costOf(of).total),
    ].map(String),
  );
  const above = ['', 'tran-', 'func-', 'IAM', '', 'secret', '', '', ''];
  const head = ['', 'sit.', 'tions', 'read', 'write', 'read', 'write', 'else', 'USD'];
  return {
    heading: 'The AWS calls of a rotation, with the default settings',
    verdict: [
      `A healthy rotation: ${ordinary.stateTransitions} state transitions, ${ordinary.functionCalls} function calls, ${callsOf(ordinary, 'iam', WRITES)} writes to IAM, ${callsOf(ordinary, 'secretsmanager', WRITES)} to Secrets Manager; ${dollars(costOf(ordinary).total)} USD.`,
      `A user and year: ${dollars(year.total)} USD, of which ${dollars(year.secret)} for the secret, ${dollars(year.asking)} for asking whether a rotation is due, and ${dollars(year.rotating)} for ${year.rotations.toFixed(1)} rotations. Each stack: ${dollars(year.alarmsOfStack)} USD for its alarms, ${dollars(year.metricsOfStack)} for metrics, ${dollars(year.dashboardOfStack)} for the dashboard.`,
    ],
    body: [
      columns([above, head, ...rows]),
      '\n',
      `${listed(Object.entries(KINDS), NAME_WIDTH)}\n\n`,
      paragraph(
        'Each with all its executions, until the user is in order again; leaked-beside-foreign ends with a message to a person. Each operation by itself: docs/performance.md, or --json.',
      ),
      paragraph(
        `USD are list prices of ${PRICES_OF.region} in ${PRICES_OF.date}, without free tiers, from tools/bench/prices.ts. Assumed: ${ASSUMED.secondsPerCall} second per function call besides its waits, ${ASSUMED.logBytesPerCall} bytes of Lambda's own log lines, and one mail address.`,
      ),
    ].join(''),
  };
};

/** From the smallest to the largest. */
const range = (values: readonly number[], say: (value: number) => string): string => {
  const [least, most] = [say(Math.min(...values)), say(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
};

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0);

/** How large functions are, and how long they take to load. */
export const functionsPart = (functions: readonly MeasuredBundles[], rounds: number): Part => {
  const size = ({ bytes }: MeasuredBundles): number => bytes.ours / bytes.defaultMinified;
  const load = ({ loadMs }: MeasuredBundles): number => loadMs.ours / loadMs.defaultMinified;
  return {
    heading: 'The functions, beside default bundling and an empty function',
    verdict: [
      `The functions have ${range(
        functions.map(({ bytes }) => bytes.ours),
        kilobytes,
      )} KB, ${range(functions.map(size), times)} what default bundling makes of them, even minified; they load in ${times(
        median(functions.map(load)),
      )} its time.`,
    ],
    body: [
      columns([
        ['', 'size:', 'of min.', 'of plain', 'load:', 'of min.', 'of'],
        ['', 'KB', 'default', 'default', 'CPU ms', 'default', 'empty'],
        ...functions.map((one) => [
          one.name,
          kilobytes(one.bytes.ours),
          times(size(one)),
          times(one.bytes.ours / one.bytes.default),
          one.loadMs.ours.toFixed(0),
          times(load(one)),
          times(one.loadMs.ours / one.loadMs.empty),
        ]),
      ]),
      paragraph(
        `Medians of ${rounds} loads, each in a fresh process; the milliseconds are this machine's. Default is what NodejsFunction does with bundleAwsSDK, minified and plain. An SDK that is left to Lambda's runtime loads in ${times(
          median(functions.map(({ loadMs }) => loadMs.sdkOfRuntime / loadMs.ours)),
        )} the time of ours.`,
      ),
    ].join(''),
  };
};

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** How fast the simulation is, over both wires. */
export const simulationPart = (
  { callsPerRotation, wires, speedup }: SimulationMeasurement,
  rounds: number,
): Part => {
  const { fast, full } = wires;
  const row = (name: string, pick: (wire: WireMeasurement) => string): readonly string[] => [
    name,
    pick(fast),
    pick(full),
  ];
  const parts = Object.keys({ ...fast.parts, ...full.parts });
  return {
    heading: 'The fault simulation, beside the AWS SDK alone',
    verdict: [
      `A simulated rotation takes ${times(1 / fast.sdkShare)} as long as its ${callsPerRotation.toFixed(0)} calls alone take with the unmodified SDK; with calls that are written, signed and parsed, ${times(1 / full.sdkShare)}.`,
    ],
    body: [
      columns([
        ['', 'fast wire', 'full wire'],
        row('share that the SDK alone would take', ({ sdkShare }) => percent(sdkShare)),
        row('rotations per second if only clients took time', ({ limit }) => limit.toFixed(0)),
        row('faulted rotations per second', ({ rotationsPerSecond }) => rotationsPerSecond.toFixed(1)),
        row('schedules per second', ({ schedulesPerSecond }) => schedulesPerSecond.toFixed(1)),
        row('ms of a call against an empty handler', ({ emptyCallMs }) => emptyCallMs.toFixed(3)),
        ['where the time goes:', '', ''],
        ...parts.map((part) => row(`  ${part}`, (wire) => percent(wire.parts[part] ?? 0))),
      ]),
      paragraph(
        `Medians of ${rounds} rounds, in CPU time of one process; figures per second are this machine's. The fast wire, which passes objects on, is ${times(speedup)} as fast as the full one.`,
      ),
    ].join(''),
  };
};

/** How long synthesis takes. */
export const synthesisPart = ({ rounds, steps }: SynthesisMeasurement): Part => {
  const { deploymentCold, deploymentWarm, runnerCold, runnerWarm } = steps;
  return {
    heading: 'Synthesis, beside that of an app with one topic',
    verdict: [
      `Synthesis for a deployment takes ${times(deploymentWarm.toTopic)} as long as that of one topic, and ${times(deploymentCold.toTopic)} in a fresh clone; for npm start ${times(runnerWarm.toTopic)} and ${times(runnerCold.toTopic)}.`,
    ],
    body: [
      columns([
        ['', 'of a topic', 'ms'],
        ...(Object.entries(SYNTHESIS_STEPS) as [SynthesisStep, string][]).map(([step, is]) => [
          is,
          times(steps[step].toTopic),
          steps[step].ms.toFixed(0),
        ]),
      ]),
      paragraph(`Medians of ${rounds} rounds; the milliseconds are this machine's.`),
    ].join(''),
  };
};

/** First all verdicts, and then the figures. */
export const report = (parts: readonly Part[]): string =>
  [
    'Summary\n',
    ...parts.flatMap(({ verdict }) => verdict.map((sentence) => paragraph(sentence))),
    ...parts.map(({ heading, body }) => `\n${heading}\n\n${body}`),
  ].join('');
