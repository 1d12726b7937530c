import type { Mode } from './options';
import type { Schedule } from './schedule/schedule';
import { everyStem, type Part, type Simulate, stemsOfPart } from './search/exhaustive';
import type { Play, Work } from './search/worker';

/** Small enough to show progress, large enough that the hand-over costs little. */
export const SCHEDULES_PER_PIECE = 50;

const chunks = async function* <T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
};

/** The work of a run, and how much of it has been handed out. */
export interface Plan {
  readonly pieces: AsyncGenerator<Work>;
  /** How many schedules it has. */
  readonly total: string;
  /** From 0 to 1. */
  readonly progress: () => number;
}

/** Random schedules. */
export const planRandom = (
  { schedules, seed }: Extract<Mode, { kind: 'random' }>,
  { wire, sampleSeed }: Play,
): Plan => {
  let left = schedules;
  const pieces = async function* (): AsyncGenerator<Work> {
    for (let piece = 0; left > 0; piece += 1) {
      const runs = Math.min(left, SCHEDULES_PER_PIECE);
      left -= runs;
      // Seeds of neighbours must not meet: pieces of seed 1 and of seed 2 are different.
      const ofPiece = (seed * 1_000_003 + piece) % 2 ** 31;
      yield { kind: 'random', seed: ofPiece, runs, wire, sampleSeed: sampleSeed + piece };
    }
  };
  return { pieces: pieces(), total: `${schedules}`, progress: () => 1 - left / schedules };
};

/** Everything that is tried exhaustively, or a part of it. */
export const planExhaustive = async (
  { tried }: Extract<Mode, { kind: 'exhaustive' }>,
  part: Part | undefined,
  simulate: Simulate,
  { wire, sampleSeed }: Play,
): Promise<Plan> => {
  const all = await everyStem(tried, simulate);
  const stems = part === undefined ? all : stemsOfPart(all, part);
  const expected = stems.reduce((sum, stem) => sum + stem.expected, 0);
  let begun = 0;
  const schedules = async function* (): AsyncGenerator<Schedule> {
    for (const stem of stems) {
      begun += stem.expected;
      yield* stem.schedules();
    }
  };
  const pieces = async function* (): AsyncGenerator<Work> {
    let piece = 0;
    for await (const chunk of chunks(schedules(), SCHEDULES_PER_PIECE)) {
      yield { kind: 'list', schedules: chunk, wire, sampleSeed: sampleSeed + piece };
      piece += 1;
    }
  };
  return { pieces: pieces(), total: `about ${expected}`, progress: () => begun / Math.max(1, expected) };
};
