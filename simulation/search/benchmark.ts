import { readFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { IAMClient, type IAMClientConfig, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { HttpResponse } from '@smithy/protocol-http';
import { FastResponse, type Wire } from '../../embedded-aws/clients/fast-wire';
import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import type { Outcome } from '../play/simulate';
import { type Schedule, SHAPES, type ShapeName } from '../schedule/schedule';
import { bundleSimulation } from './bundle';
import { singleFaults } from './exhaustive';
import { median } from './measure';

const SCHEDULES_PER_ROUND = 60;
const EMPTY_CALLS_PER_ROUND = 3_000;
const SAMPLED_SCHEDULES = 60;
const SAMPLING_INTERVAL_US = 500;

const WIRES: readonly Wire[] = ['fast', 'full'];

/** The cost of the same schedules over one wire, per second of CPU time. */
export interface WireMeasurement {
  readonly schedulesPerSecond: number;
  /** Counts executions: schedules have more than one if something goes wrong. */
  readonly rotationsPerSecond: number;
  /**
   * The time that the unmodified SDK alone would take for as many calls, as a share of the whole; 1 is all of
   * it.
   */
  readonly sdkShare: number;
  /** One call against an empty handler, in milliseconds. */
  readonly emptyCallMs: number;
  /** Rotations per second if everything but the SDK's clients took no time. */
  readonly limit: number;
  /** Where the time goes; the sum is 1. */
  readonly parts: Readonly<Record<string, number>>;
}

/** The result of {@link measureSimulation}. */
export interface SimulationMeasurement {
  readonly callsPerRotation: number;
  readonly wires: Readonly<Record<Wire, WireMeasurement>>;
  /** How many times as fast as the full wire the fast one is. */
  readonly speedup: number;
}

const EMPTY_LIST =
  '<ListAccessKeysResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccessKeysResult>' +
  '<AccessKeyMetadata/><IsTruncated>false</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>';

const EMPTY = { statusCode: 200, headers: {}, body: Buffer.from(EMPTY_LIST) };

const emptyClient = (config: IAMClientConfig, answer: () => HttpResponse): IAMClient =>
  new IAMClient({
    ...config,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'not-a-secret' },
    requestHandler: {
      handle: async () => ({ response: answer() }),
      metadata: { handlerProtocol: 'http/1.1' },
    },
  });

/**
 * Clients whose requests are answered at once, and go nowhere. The one on the full wire is the unmodified
 * SDK.
 */
const emptyClients = (): Readonly<Record<Wire, IAMClient>> => ({
  full: emptyClient({ cacheMiddleware: true }, () => new HttpResponse(EMPTY)),
  fast: emptyClient(
    sdkConfig('fast'),
    () => new FastResponse(EMPTY, { AccessKeyMetadata: [], IsTruncated: false }),
  ),
});

/** Schedules with a fault each, spread over all situations. */
const sample = (count: number, round: number): readonly Schedule[] => {
  const shapes = Object.keys(SHAPES) as ShapeName[];
  const all = shapes.map((shape) => [...singleFaults(shape, 50)]);
  return Array.from({ length: count }, (_none, index) => {
    const ofShape = all[index % all.length] ?? [];
    // A prime step visits calls and faults evenly.
    return ofShape[((round * count + index) * 97) % ofShape.length] as Schedule;
  });
};

/** CPU time of some work, in milliseconds. */
const cpuMs = async (work: () => Promise<void>): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

const PARTS: readonly (readonly [part: string, pattern: RegExp])[] = [
  ['signing', /@smithy\/signature-v4|core\/.*(checksum|httpAuthSchemes)|@aws-sdk\/signature/],
  ['SDK', /node_modules\/(@aws-sdk|@smithy)\//],
  ['checking signatures', /^local\/aws\/sigv4\.ts/],
  ['embedded AWS', /^local\/aws\//],
  ['engine', /aws-local-stepfunctions|jsonpath-plus|wildcard-match|^local\/(engine|execution|timeline)\.ts/],
  ['functions', /^lambdas\/|node_modules\/(zod|luxon)\//],
  ['monitor', /^local\/simulation\/monitor\.ts/],
  ['world and clock', /^local\//],
  ['garbage', /^\(garbage collector\)/],
];

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** The source of each line of a bundle: esbuild writes its name above it. */
const sourcesOf = (bundle: string): readonly string[] => {
  let source = '';
  return bundle.split('\n').map((line) => {
    source = /^\/\/ (\S+\.(?:ts|json))$/.exec(line)?.[1] ?? source;
    return source;
  });
};

/** Samples the stack during some work, and returns how often each part was on top. */
const partsOf = async (file: string, work: () => Promise<void>): Promise<Record<string, number>> => {
  const sources = sourcesOf(await readFile(file, 'utf8'));
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const sourceOf = ({ functionName, url, lineNumber }: Frame): string | undefined => {
    if (url === `file://${file}` || url === file) return sources[lineNumber];
    // The time of Node.js itself counts for the part that called it.
    return url.includes('node_modules') || functionName.startsWith('(') ? url || functionName : undefined;
  };
  const partOf = (id: number | undefined): string | undefined => {
    const frame = id === undefined ? undefined : nodes.get(id)?.callFrame;
    if (id === undefined || frame === undefined) return 'Node.js';
    if (frame.functionName === '(idle)') return undefined;
    const source = sourceOf(frame);
    if (source === undefined) return partOf(parents.get(id));
    return PARTS.find(([, pattern]) => pattern.test(source))?.[0] ?? 'Node.js';
  };
  const counts = new Map<string, number>();
  let total = 0;
  for (const id of profile.samples ?? []) {
    const part = partOf(id);
    if (part === undefined) continue;
    total += 1;
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([part, count]) => [part, count / total]));
};

interface Round {
  readonly rotations: number;
  readonly calls: number;
  readonly simulatedMs: Readonly<Record<Wire, number>>;
  readonly emptyCallMs: Readonly<Record<Wire, number>>;
}

/**
 * Measures the simulation over both wires, as ratios that do not depend on the machine:
 *
 * - the share: the time that the same number of calls of the unmodified SDK against an empty handler takes,
 *   relative to the simulation's. The simulation would take this long if it did nothing else. Over the fast
 *   wire it may be more than everything, because the fast wire leaves out most of what the SDK does for a
 *   call.
 * - the limit: what would remain if everything but the SDK's clients, their middleware and retries took no
 *   time.
 * - where the time goes, by part, from samples of the stack.
 *
 * The wires take turns, schedule by schedule. Time is the process's own, so that other processes on the
 * machine do not count.
 *
 * @param rounds - The median of these counts; each takes about ten seconds.
 * @param onRound - Called after each round.
 */
export const measureSimulation = async (
  rounds: number,
  onRound: (round: number) => void = () => {},
): Promise<SimulationMeasurement> => {
  const file = await bundleSimulation('benchmark');
  const { simulate, inBulk } = require(file) as typeof import('./worker');
  const clients = emptyClients();

  const measureRound = async (round: number): Promise<Round> => {
    const simulatedMs = { fast: 0, full: 0 };
    const emptyCallMs = { fast: 0, full: 0 };
    let rotations = 0;
    let calls = 0;
    for (const schedule of sample(SCHEDULES_PER_ROUND, round)) {
      for (const wire of WIRES) {
        let outcome: Outcome | undefined;
        simulatedMs[wire] += await cpuMs(async () => {
          outcome = await inBulk(() => simulate(schedule, { wire }));
        });
        if (wire === 'full') continue;
        rotations += outcome?.executions ?? 0;
        calls += outcome?.history.filter((line) => !line.includes(' – ')).length ?? 0;
      }
    }
    for (const wire of WIRES) {
      const ms = await cpuMs(async () => {
        for (let call = 0; call < EMPTY_CALLS_PER_ROUND; call += 1) {
          await clients[wire].send(new ListAccessKeysCommand({ UserName: 'alice' }));
        }
      });
      emptyCallMs[wire] = ms / EMPTY_CALLS_PER_ROUND;
    }
    return { rotations, calls, simulatedMs, emptyCallMs };
  };

  const measured: Round[] = [];
  // The first round warms up code that is compiled while it runs.
  await measureRound(0);
  for (let round = 1; round <= rounds; round += 1) {
    measured.push(await measureRound(round));
    onRound(round);
  }
  const of = (pick: (round: Round) => number): number => median(measured.map(pick));
  const callsPerRotation = of(({ calls, rotations }) => calls / rotations);

  const measurementOf = async (wire: Wire): Promise<WireMeasurement> => {
    const emptyCallMs = of((round) => round.emptyCallMs[wire]);
    return {
      schedulesPerSecond: of(({ simulatedMs }) => (SCHEDULES_PER_ROUND / simulatedMs[wire]) * 1000),
      rotationsPerSecond: of(({ rotations, simulatedMs }) => (rotations / simulatedMs[wire]) * 1000),
      sdkShare: of((round) => (round.calls * round.emptyCallMs.full) / round.simulatedMs[wire]),
      emptyCallMs,
      limit: 1000 / (callsPerRotation * emptyCallMs),
      parts: await partsOf(file, async () => {
        for (const schedule of sample(SAMPLED_SCHEDULES, rounds + 1)) {
          await inBulk(() => simulate(schedule, { wire }));
        }
      }),
    };
  };
  return {
    callsPerRotation,
    wires: { fast: await measurementOf('fast'), full: await measurementOf('full') },
    speedup: of(({ simulatedMs }) => simulatedMs.full / simulatedMs.fast),
  };
};
