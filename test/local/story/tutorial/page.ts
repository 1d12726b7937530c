import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServing } from './served';
import { run } from './shell';

/*
 * docs/tutorial.md, played: `npx tsx test/local/story/tutorial/page.ts` writes what each command prints below it.
 */

export const PAGE = join(__dirname, '..', '..', '..', '..', 'docs', 'tutorial.md');

/** A command, and what it prints. */
const BLOCK = /```sh\n([\s\S]*?)\n```\n(?:\n```text\n[\s\S]*?\n```\n)?/g;

const SERVE = /^npm start -- --serve (.*)$/;

/** How a command of the tutorial is run. */
export type Run = (command: string, variables: Readonly<Record<string, string>>) => Promise<string>;

/** The page with what its commands print, and how the served app has ended. */
export const played = async (
  page: string,
  runCommand: Run = run,
): Promise<{ readonly page: string; readonly status: number | null; readonly printed: string }> => {
  const [first, ...commands] = [...page.matchAll(BLOCK)].map(([, command = '']) => command);
  const [, args] = SERVE.exec(first ?? '') ?? [];
  if (args === undefined) throw new Error('The tutorial begins with npm start -- --serve');
  const served = await startServing(args.split(' '));
  const outputs: string[] = [];
  try {
    for (const command of commands) outputs.push(await runCommand(command, served.document.environment));
  } finally {
    outputs.unshift('');
    await served.end();
  }
  const next = outputs.values();
  return {
    page: page.replace(BLOCK, (_, command: string) => {
      const output = next.next().value ?? '';
      return `\`\`\`sh\n${command}\n\`\`\`\n${output === '' ? '' : `\n\`\`\`text\n${output}\n\`\`\`\n`}`;
    }),
    status: await served.end(),
    printed: served.printed(),
  };
};

if (require.main === module) {
  void played(readFileSync(PAGE, 'utf8')).then(({ page }) => writeFileSync(PAGE, page));
}
