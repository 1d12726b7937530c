import { constants } from 'node:fs';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Surroundings } from '../../command/shell';
import { Problem } from '../../test/e2e/support/problem';
import type { RunRecord } from './record';
import { exitOf, jsonOf, leftText, REPORT_TITLE, reportOf, verdictOf } from './report';

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw error;
};

/** Why a report cannot or must not be written there; undefined if it may. */
const reasonAgainst = async (file: string): Promise<string | undefined> => {
  try {
    const there = await stat(file).catch(missing);
    if (there === undefined) {
      await access(dirname(file), constants.W_OK);
      return undefined;
    }
    if (!there.isFile()) return 'it is no file';
    await access(file, constants.W_OK);
    const text = await readFile(file, 'utf8');
    return text === '' || text.startsWith(`${REPORT_TITLE}\n`)
      ? undefined
      : 'it is there already, and is no report';
  } catch (error) {
    return (error as Error).message;
  }
};

/**
 * To be asked before anything is created: after a run it is too late.
 *
 * @throws Problem if the report cannot be written there, or would replace something else than a report.
 */
export const requireReportFile = async (file: string): Promise<void> => {
  const reason = await reasonAgainst(file);
  if (reason !== undefined) {
    throw new Problem(
      `The report cannot be written to ${file}: ${reason}. Nothing was created. Name another file with --report.`,
    );
  }
};

/**
 * Says how a run came out, and then writes its report, which may fail.
 *
 * @returns the exit status.
 */
export const tell = async (
  { out, err }: Pick<Surroundings, 'out' | 'err'>,
  file: string,
  record: RunRecord,
  { json }: { readonly json: boolean },
): Promise<0 | 1> => {
  if (json) out(`${JSON.stringify(jsonOf(record), undefined, 2)}\n`);
  else {
    out(`\n${verdictOf(record).text}\n${leftText(record)}\n`);
    for (const { what, name, removal } of record.left) out(`  ${what} ${name}: ${removal}\n`);
  }
  try {
    await writeFile(file, reportOf(record));
  } catch (error) {
    err(
      `The report cannot be written to ${file}: ${(error as Error).message}. It follows.\n\n${reportOf(record)}`,
    );
    return 1;
  }
  err(`The report is in ${file}\n`);
  return exitOf(record);
};
