/**
 * Draws the pictures of docs/pictures, each of a story that is played for it:
 *
 *     npx tsx tools/docs/pictures.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../local/story/cli';
import { pictureOf } from '../../local/story/picture-of-run';
import type { ScenarioName } from '../../local/story/scenarios';
import { drawPicture } from '../../picture/draw';

/** Where the pictures are. */
export const PICTURES_DIRECTORY = join(__dirname, '..', '..', 'docs', 'pictures');

/** The pictures by file, and the scenarios that they show. */
export const PICTURES: Readonly<Record<string, ScenarioName>> = {
  'healthy.svg': 'healthy',
  'rolled-back.svg': 'rollback',
};

/** The picture of a scenario as `npm start -- --picture` draws it. */
export const drawScenario = async (scenario: ScenarioName): Promise<string> => {
  let picture: string | undefined;
  let complaints = '';
  await main(
    ['--json', '--scenario', scenario],
    {
      out: () => {},
      err: (text) => {
        complaints += text;
      },
      isTerminal: false,
    },
    {
      inspect: (_world, run) => {
        picture = drawPicture(pictureOf(run));
      },
    },
  );
  if (picture === undefined) throw new Error(`${scenario} was not played: ${complaints}`);
  return picture;
};

const draw = async (): Promise<void> => {
  mkdirSync(PICTURES_DIRECTORY, { recursive: true });
  for (const [file, scenario] of Object.entries(PICTURES)) {
    writeFileSync(join(PICTURES_DIRECTORY, file), await drawScenario(scenario));
  }
};

if (require.main === module) void draw();
