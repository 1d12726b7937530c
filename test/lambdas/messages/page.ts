/**
 * Writes down what people read: every message of the functions, each in a situation that leads to it.
 *
 *     npx tsx test/lambdas/messages/page.ts
 */
import { writeFileSync } from 'node:fs';
import { drawDecisions, drawSection, PAGE_FILE } from './draw';
import { tellStories } from './functions';

/** The page's second part: what the functions around them say. */
export const drawStories = async (): Promise<string> => (await tellStories()).map(drawSection).join('\n');

if (require.main === module) {
  void drawStories().then((stories) => writeFileSync(PAGE_FILE, `${drawDecisions()}\n${stories}`));
}
