import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import type { Patch } from '../mechanisms/mechanisms';

const ROOT = join(__dirname, '..', '..');

/**
 * A patch no longer fits: the source has changed, and the mechanism has to be switched off in another way.
 */
class PatchDoesNotFit extends Error {
  override readonly name = 'PatchDoesNotFit';
}

const patched = (text: string, { file, from, to, all }: Patch): string => {
  const pieces = text.split(from);
  if (pieces.length < 2 || (pieces.length > 2 && all !== true)) {
    throw new PatchDoesNotFit(`${file} has this ${pieces.length - 1} times: ${from}`);
  }
  return pieces.join(to);
};

/**
 * Bundles the simulation, with or without a safety mechanism, into a file that needs only node_modules.
 *
 * @returns The path of the file.
 * @throws Error if a patch no longer fits the source.
 */
export const bundleSimulation = async (name: string, patches: readonly Patch[] = []): Promise<string> => {
  const directory = join(ROOT, '.local', 'simulation');
  await mkdir(directory, { recursive: true });
  const outfile = join(directory, `${name}.cjs`);
  const unused = new Set(patches.map(({ file }) => file));
  await build({
    entryPoints: [join(__dirname, 'worker.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    logLevel: 'silent',
    outfile,
    plugins: [
      {
        name: 'patches',
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.(ts|json)$/ }, async ({ path }) => {
            const file = relative(ROOT, path);
            const mine = patches.filter((patch) => patch.file === file);
            if (mine.length === 0) return undefined;
            unused.delete(file);
            const contents = mine.reduce(patched, await readFile(path, 'utf8'));
            return { contents, loader: path.endsWith('.json') ? 'json' : 'ts' };
          });
        },
      },
    ],
  });
  if (unused.size > 0) throw new PatchDoesNotFit(`The simulation does not use ${[...unused].join(', ')}`);
  return outfile;
};
