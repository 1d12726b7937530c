import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, which is removed after the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  folders.push(folder);
  return folder;
};

/** What is in a folder, hidden files included. */
export const contentOf = (folder: string): readonly string[] => readdirSync(folder).sort();
