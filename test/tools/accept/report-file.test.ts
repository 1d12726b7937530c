import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord } from '../../../tools/accept/record';
import { REPORT_TITLE } from '../../../tools/accept/report';
import { requireReportFile, tell } from '../../../tools/accept/report-file';
import { runRecord } from './runs';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'report-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

test.each<[string, string | undefined, RegExp | undefined]>([
  ['a new file', undefined, undefined],
  ['an earlier report', `${REPORT_TITLE}\n\n**ACCEPTED`, undefined],
  ['an empty file', '', undefined],
  ['something else', '# Shopping\n', /there already, and is no report/],
  ['what only begins likewise', `${REPORT_TITLE}s of others\n`, /there already, and is no report/],
])('%s', async (_what, text, refusal) => {
  const file = join(scratch, 'report.md');
  if (text !== undefined) writeFileSync(file, text);
  const asked = requireReportFile(file);
  if (refusal === undefined) await expect(asked).resolves.toBeUndefined();
  else await expect(asked).rejects.toThrow(refusal);
  if (text !== undefined) expect(readFileSync(file, 'utf8')).toBe(text);
});

test.each([
  ['a directory', '.', /it is no file/],
  ['a directory that is missing', 'missing/report.md', /ENOENT/],
  ['what is below a file', 'file/report.md', /ENOTDIR/],
])('%s is refused before anything is created', async (_what, name, refusal) => {
  mkdirSync(join(scratch, 'directory'));
  writeFileSync(join(scratch, 'file'), '');
  const asked = requireReportFile(join(scratch, name));
  await expect(asked).rejects.toThrow(refusal);
  await expect(asked).rejects.toThrow('Nothing was created.');
});

describe('the end of a run', () => {
  const QUEUE = { what: 'queue', name: 'inbox', removal: 'aws sqs delete-queue' };
  const RECORD = runRecord({
    parts: [{ name: 'removal', result: 'held', seconds: 1, steps: [], figures: [], deviations: [] }],
  });

  const told = async (name: string, record: RunRecord, json = false) => {
    const said = { out: '', err: '' };
    const code = await tell(
      {
        out: (text) => {
          said.out += text;
        },
        err: (text) => {
          said.err += text;
        },
      },
      join(scratch, name),
      record,
      { json },
    );
    return { code, ...said };
  };

  it('has a report in the file', async () => {
    expect(await told('report.md', RECORD)).toMatchObject({ code: 0, out: expect.stringContaining('HELD') });
    expect(readFileSync(join(scratch, 'report.md'), 'utf8')).toMatch(/^# Acceptance run\n/);
  });

  it.each([false, true])(
    'is said, with all that is left, though the report cannot be written (json: %p)',
    async (json) => {
      const { code, out, err } = await told('missing/report.md', { ...RECORD, left: [QUEUE] }, json);
      expect(code).toBe(1);
      expect(out).toContain('aws sqs delete-queue');
      expect(err).toMatch(/^The report cannot be written to .*ENOENT/);
      expect(err).toContain(REPORT_TITLE);
    },
  );

  it('is no success without its report', async () => {
    expect(await told('missing/report.md', RECORD)).toMatchObject({ code: 1 });
  });
});
