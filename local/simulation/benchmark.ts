/**
 * Where the time of the simulation goes, as a ratio that does not depend on the machine: how much of it the same number
 * of SDK calls against an empty handler takes. One process, one core:
 *
 *     npm run benchmark
 */
import { IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { HttpResponse } from '@smithy/protocol-http';
import { bundleSimulation } from './bundle';
import { singleFaults } from './exhaustive';
import { type Schedule, SHAPES, type ShapeName } from './schedule';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const ROUNDS = 5;
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

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const main = async (): Promise<void> => {
  const file = await bundleSimulation('benchmark');
  const { simulate } = require(file) as typeof import('./worker');
  const client = emptyClient();
  const rounds: { rotations: number; schedules: number; calls: number; share: number; callMs: number }[] = [];
  // The first round warms up what compiles itself while it runs.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const schedules = sample(SCHEDULES_PER_ROUND, round);
    let rotations = 0;
    let calls = 0;
    const began = performance.now();
    for (const schedule of schedules) {
      const { executions, history } = await simulate(schedule);
      rotations += executions;
      calls += history.filter((line) => !line.includes(' – ')).length;
    }
    const simulated = performance.now() - began;
    const emptyBegan = performance.now();
    for (let call = 0; call < EMPTY_CALLS_PER_ROUND; call += 1) {
      await client.send(new ListAccessKeysCommand({ UserName: 'alice' }));
    }
    const callMs = (performance.now() - emptyBegan) / EMPTY_CALLS_PER_ROUND;
    if (round === 0) continue;
    rounds.push({
      rotations: rotations / (simulated / 1000),
      schedules: schedules.length / (simulated / 1000),
      calls: calls / rotations,
      share: (calls * callMs) / simulated,
      callMs,
    });
    process.stdout.write(`  round ${round} of ${ROUNDS}\n`);
  }
  const of = (pick: (round: (typeof rounds)[number]) => number): number => median(rounds.map(pick));
  process.stdout.write(
    [
      '',
      `One process: ${of((r) => r.schedules).toFixed(1)} schedules, ${of((r) => r.rotations).toFixed(1)} faulted rotations per second.`,
      `A rotation makes ${of((r) => r.calls).toFixed(0)} calls; one against an empty handler takes ${of((r) => r.callMs).toFixed(2)} ms.`,
      `So the SDK alone takes ${(of((r) => r.share) * 100).toFixed(0)} % of the time: more than ${of((r) => r.rotations / r.share).toFixed(0)} rotations per`,
      'second cannot be had here with a real SDK, however fast the rest is.',
      '',
    ].join('\n'),
  );
};

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
