import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directories: string[] = [];

/** A bundle as esbuild would write it. */
export const bundle = (code: string): string => {
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  directories.push(directory);
  writeFileSync(join(directory, 'index.js'), code);
  return directory;
};

export const removeBundles = (): void => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
};
