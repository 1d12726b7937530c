import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from './cleanup';
import { run } from './processes';

test('undoes all, last first, and a failure does not prevent the rest', async () => {
  const cleanup = new Cleanup();
  const undone: string[] = [];
  cleanup.add('one', () => undone.push('one'));
  cleanup.add('two', () => Promise.reject(new Error('no')));
  cleanup.add('three', () => undone.push('three'));
  await expect(cleanup.run()).rejects.toThrow('- two: no');
  expect(undone).toEqual(['three', 'one']);
});

test('nothing can be added once it has begun', async () => {
  const cleanup = new Cleanup();
  let late: unknown;
  cleanup.add('one', () => {
    try {
      cleanup.add('two', () => {});
    } catch (error) {
      late = error;
    }
  });
  await cleanup.run();
  expect(late).toMatchObject({ message: expect.stringContaining('two') });
});

test('a process is not started behind it', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'cleanup-'));
  const cleanup = new Cleanup();
  await cleanup.run();
  const trace = join(scratch, 'trace');
  const line = {
    command: process.execPath,
    args: ['-e', `require('node:fs').writeFileSync(${JSON.stringify(trace)}, '')`],
    env: {},
    logFile: join(scratch, 'log'),
  };
  await expect(run(line, cleanup)).rejects.toThrow('nothing is begun');
  expect([existsSync(trace), existsSync(line.logFile)]).toEqual([false, false]);
  rmSync(scratch, { recursive: true });
});
