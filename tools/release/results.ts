import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const Figures = z.object({
  schedules: z.int(),
  executions: z.int(),
  faultsInjected: z.int(),
  violations: z.int(),
});

/** What a part of the exhaustive runs has counted. */
export type Figures = z.infer<typeof Figures>;

const Result = z.object({
  name: z.string(),
  passed: z.boolean(),
  seconds: z.number(),
  /** An exit status, a signal, or why the command could not be run. */
  ended: z.string(),
  /** The file that has what it wrote. */
  log: z.string(),
  /** What was otherwise than at the commit, before or after. Then it has proved nothing of the commit, and has not passed. */
  differences: z.array(z.string()),
  figures: Figures.optional(),
});

/** How a step has ended. */
export type Result = z.infer<typeof Result>;

/** How the steps have ended that were run at a commit, by name. */
export type Results = ReadonlyMap<string, Result>;

/** The figures in a document of the simulation; undefined if it is none. */
export const figuresIn = (document: string): Figures | undefined => {
  try {
    return Figures.safeParse(JSON.parse(document)).data;
  } catch {
    return undefined;
  }
};

/** What earlier runs at a commit have left. A file that was cut off counts as none: the steps run again. */
export const readResults = (file: string): Results => {
  try {
    const results = z.array(Result).parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(results.map((result) => [result.name, result]));
  } catch {
    return new Map();
  }
};

/** Written after each step, so that hours are not lost with the run. */
export const writeResults = (file: string, results: Results): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify([...results.values()], undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
};
