/**
 * Writes the definitions into the files that the stack deploys and Workflow Studio opens:
 *
 *     npx tsx state-machine/compose.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rotation } from './access-key-rotation';
import type { Definition } from './blocks';
import { emergency } from './emergency';

/** Every definition, by the name of its file. */
export const DEFINITIONS: Readonly<Record<string, Definition>> = {
  'access-key-rotation.asl.json': rotation,
  'emergency.asl.json': emergency,
};

/** A definition as it is written to its file. */
export const fileContent = (definition: Definition): string =>
  `${JSON.stringify(definition, undefined, 2)}\n`;

if (require.main === module) {
  for (const [file, definition] of Object.entries(DEFINITIONS)) {
    writeFileSync(join(__dirname, file), fileContent(definition));
  }
}
