import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServedDocument } from '../../../../local/story/serving';
import { startServing } from './served';
import { run } from './shell';

/*
 * Pages whose commands are played: `npx tsx test/local/story/tutorial/page.ts` writes what each command prints below it.
 */

const DOCS = join(__dirname, '..', '..', '..', '..', 'docs');

/** The pages, by what they are called. */
export const PAGES = { tutorial: join(DOCS, 'tutorial.md'), adopting: join(DOCS, 'adopting.md') } as const;

/** Commands, and what they print. */
const BLOCK = /```sh\n([\s\S]*?)\n```\n(?:\n```text\n[\s\S]*?\n```\n)?/g;

const SERVE = /^npm start -- --serve (.*)$/;

/** How the commands of a block are run. */
export type Run = (commands: string, document: ServedDocument) => Promise<string>;

/** The page with what its commands print, and how the served app has ended. */
export const played = async (
  page: string,
  runCommands: Run = run,
): Promise<{ readonly page: string; readonly status: number | null; readonly printed: string }> => {
  const [first = '', ...blocks] = [...page.matchAll(BLOCK)].map(([, commands = '']) => commands);
  const [, args] = SERVE.exec(first.replace(/\\\n\s*/g, '')) ?? [];
  if (args === undefined) throw new Error('A page begins with npm start -- --serve');
  const served = await startServing(args.split(' '));
  const outputs: string[] = [];
  try {
    for (const commands of blocks) outputs.push(await runCommands(commands, served.document));
  } finally {
    outputs.unshift('');
    await served.end();
  }
  const next = outputs.values();
  return {
    page: page.replace(BLOCK, (_, commands: string) => {
      const output = next.next().value ?? '';
      return `\`\`\`sh\n${commands}\n\`\`\`\n${output === '' ? '' : `\n\`\`\`text\n${output}\n\`\`\`\n`}`;
    }),
    status: await served.end(),
    printed: served.printed(),
  };
};

const writePages = async (): Promise<void> => {
  for (const file of Object.values(PAGES)) {
    writeFileSync(file, (await played(readFileSync(file, 'utf8'))).page);
  }
};

if (require.main === module) void writePages();
