import { join } from 'node:path';
import { tellDecisions } from './decisions';
import type { Message, Section } from './message';

/** The page that is checked in. */
export const PAGE_FILE = join(__dirname, '..', '..', '..', 'docs', 'messages.md');

/** As far as it is not the same for all messages. */
const withoutLinks = (text: string): string => text.replace(/\nExecution: .*\nStep: .*$/, '');

const drawMessage = ({ when, as, text, subject }: Message): string =>
  `**${when}** (${as})\n\n` +
  (subject === undefined
    ? `> ${text.trim()}\n`
    : `\`\`\`text\nSubject: ${subject}\n\n${withoutLinks(text)}\n\`\`\`\n`);

/** A section of the page. */
export const drawSection = ({ title, messages }: Section): string =>
  [`## ${title}\n`, ...messages.map(drawMessage)].join('\n');

/** What precedes the first section. */
const HEAD = [
  '# Messages\n',
  'What people read in the outcome of an execution, in its error, in a notification and in the logs. Each message stands',
  'below the situation that leads to it, with the error, or the status, that goes with it. Written by',
  '`npx tsx test/lambdas/messages/page.ts`, from the functions themselves; do not edit.\n',
].join('\n');

/** The page's first part: what decisions say. */
export const drawDecisions = (): string => [HEAD, ...tellDecisions().map(drawSection)].join('\n');
