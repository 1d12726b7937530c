import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPORT_TITLE } from '../../../tools/accept/report';
import { requireReportFile } from '../../../tools/accept/report-file';

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
