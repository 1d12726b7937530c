/**
 * Writes what `npm start` prints, shortened, into the marked region of README.md:
 *
 *     npx tsx tools/docs/output.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../local/story/cli';
import { withRegion } from './region';

export const README_FILE = join(__dirname, '..', '..', 'README.md');

/** The states of a healthy rotation that tell its story. Each is shown once. */
const MILESTONES = [
  'Create and store a new key',
  'Publish the new key',
  'Deactivate the old key',
  'Delete the old key',
];

/** Paragraphs of the report: who has noticed, and how it ended. */
const CLOSING = ['The consumers', 'The rotation succeeded'];

/** What stands before an entry of the timeline. */
const MOMENT = /^\w{3} \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} {2}/;

/** Stands for whatever was left out. */
const LEFT_OUT = '...';

/** The entries of the timeline, and the paragraphs around it. */
const blocksOf = (output: string): readonly string[] =>
  output.split('\n\n').flatMap((paragraph) => paragraph.trim().split(/\n(?=\w{3} \d{4}-)/));

/**
 * Some lines of the output, as they are: the entries of {@link MILESTONES} and the paragraphs of {@link CLOSING}.
 *
 * @throws Error if one of them is not there.
 */
export const excerptOf = (output: string): string => {
  const blocks = blocksOf(output);
  const isOf = (block: string, sought: string): boolean => block.replace(MOMENT, '').startsWith(sought);
  const shown = [...MILESTONES, ...CLOSING].map((sought) => {
    const place = blocks.findIndex((block) => isOf(block, sought));
    if (place < 0) throw new Error(`The output has no ${sought}.`);
    return place;
  });
  return shown
    .flatMap((place, index) => [
      ...(index > 0 && place !== (shown[index - 1] ?? 0) + 1 ? [LEFT_OUT] : []),
      blocks[place],
    ])
    .join('\n');
};

/** What `npm start` prints. */
export const printed = async (): Promise<string> => {
  let output = '';
  let complaints = '';
  const status = await main([], {
    out: (text) => {
      output += text;
    },
    err: (text) => {
      complaints += text;
    },
    isTerminal: false,
  });
  if (status !== 0) throw new Error(complaints);
  return output;
};

/** The README with the excerpt in its marked region. */
export const withOutput = (readme: string, output: string): string =>
  withRegion(readme, 'output', `\`\`\`text\n${excerptOf(output)}\n\`\`\``);

if (require.main === module) {
  void printed().then((output) =>
    writeFileSync(README_FILE, withOutput(readFileSync(README_FILE, 'utf8'), output)),
  );
}
