import { readFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { HttpResponse } from '@smithy/protocol-http';
import { median } from '../bench/measure';
import { bundleSimulation } from './bundle';
import { singleFaults } from './exhaustive';
import { type Schedule, SHAPES, type ShapeName } from './schedule';

const SCHEDULES_PER_ROUND = 120;
const EMPTY_CALLS_PER_ROUND = 3_000;

const EMPTY_LIST =
  '<ListAccessKeysResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccessKeysResult>' +
  '<AccessKeyMetadata/><IsTruncated>false</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>';

/** A client whose requests are built, signed, answered at once and parsed, and go nowhere. */
const emptyClient = (): IAMClient =>
  new IAMClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'not-a-secret' },
    cacheMiddleware: true,
    requestHandler: {
      handle: async () => ({
        response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from(EMPTY_LIST) }),
      }),
      metadata: { handlerProtocol: 'http/1.1' },
    },
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

/** Who works when the simulation runs, by where the code is. The first that fits. */
const WORKERS: readonly (readonly [string, RegExp])[] = [
  ['the AWS SDK', /node_modules\/(@aws-sdk|@smithy|@aws-crypto)\//],
  [
    'the engine of Step Functions',
    /node_modules\/(aws-local-stepfunctions|jsonpath-plus|asl-validator)\/|^local\/(engine|execution|definition-guard|lambda-service)\./,
  ],
  ['the embedded AWS', /^local\/aws\//],
  ['the steps', /^lambdas\/|node_modules\/(zod|luxon)\//],
  ['the checks after every call', /^local\/simulation\/(monitor|checkers|invariants)/],
  ['the rest of the simulation', /^(local|lib|state-machine)\//],
  ['collecting garbage', /^\(garbage collector\)$/],
];
const ELSE = 'Node.js, and everything else';

/** How fast the simulation is, on one core. */
export interface SimulationMeasurement {
  readonly rounds: number;
  /** Medians over the rounds. */
  readonly schedulesPerSecond: number;
  readonly rotationsPerSecond: number;
  readonly callsPerRotation: number;
  /** A call of the SDK that is built, signed, answered at once and parsed, in milliseconds. */
  readonly callMs: number;
  /** The time that the calls of a rotation would take in this way, as a share of the time that the rotation takes. */
  readonly floor: number;
  /** Who works how much of the time, as shares, the largest first. */
  readonly profile: readonly { readonly who: string; readonly share: number }[];
}

/** The source of each line of a bundle: esbuild names every module above its code. */
const sourcesOf = async (file: string): Promise<readonly string[]> => {
  let source = '';
  return (await readFile(file, 'utf8')).split('\n').map((line) => {
    source = /^\/\/ ((?:[\w.-]+\/)+[\w.-]+)$/.exec(line)?.[1] ?? source;
    return source;
  });
};

const profileOf = async (
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  bundle: string,
): Promise<SimulationMeasurement['profile']> => {
  const sources = await sourcesOf(bundle);
  const who = new Map(
    nodes.map(({ id, callFrame: { url, lineNumber, functionName } }) => {
      const place = url.endsWith(bundle) ? (sources[lineNumber] ?? '') : url || functionName;
      return [id, WORKERS.find(([, where]) => where.test(place))?.[0] ?? ELSE];
    }),
  );
  const idle = new Set(
    nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id),
  );
  const spent = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    if (idle.has(id)) continue;
    total += delta;
    const name = who.get(id) ?? ELSE;
    spent.set(name, (spent.get(name) ?? 0) + delta);
  }
  return [...spent]
    .map(([name, time]) => ({ who: name, share: time / total }))
    .sort((a, b) => b.share - a.share);
};

/**
 * Measures the simulation, with a fault in every schedule, beside the same number of SDK calls against an empty handler,
 * in turns. It takes the time of this process: nothing else should happen in it.
 *
 * @param tell - told what has been measured
 */
export const measureSimulation = async (
  rounds: number,
  tell: (progress: string) => void = () => {},
): Promise<SimulationMeasurement> => {
  const file = await bundleSimulation('benchmark');
  const { simulate } = require(file) as typeof import('./worker');
  const client = emptyClient();
  const measured: { rotations: number; schedules: number; calls: number; floor: number; callMs: number }[] =
    [];
  const run = async (round: number) => {
    let rotations = 0;
    let calls = 0;
    for (const schedule of sample(SCHEDULES_PER_ROUND, round)) {
      const { executions, history } = await simulate(schedule);
      rotations += executions;
      calls += history.filter((line) => !line.includes(' – ')).length;
    }
    return { rotations, calls };
  };
  // The first round warms up what compiles itself while it runs.
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now();
    const { rotations, calls } = await run(round);
    const simulated = performance.now() - began;
    const emptyBegan = performance.now();
    for (let call = 0; call < EMPTY_CALLS_PER_ROUND; call += 1) {
      await client.send(new ListAccessKeysCommand({ UserName: 'alice' }));
    }
    const callMs = (performance.now() - emptyBegan) / EMPTY_CALLS_PER_ROUND;
    if (round === 0) continue;
    measured.push({
      rotations: rotations / (simulated / 1000),
      schedules: SCHEDULES_PER_ROUND / (simulated / 1000),
      calls: calls / rotations,
      floor: (calls * callMs) / simulated,
      callMs,
    });
    tell(`round ${round} of ${rounds}`);
  }
  // By itself: being watched costs time.
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await run(rounds + 1);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const of = (pick: (round: (typeof measured)[number]) => number): number => median(measured.map(pick));
  return {
    rounds,
    schedulesPerSecond: of((round) => round.schedules),
    rotationsPerSecond: of((round) => round.rotations),
    callsPerRotation: of((round) => round.calls),
    callMs: of((round) => round.callMs),
    floor: of((round) => round.floor),
    profile: await profileOf(profile, file),
  };
};
