import type { PictureData } from './data';
import { type Bar, groupsOf, type Lane } from './lanes';
import { DEFINITIONS, INK_ON, SIGNS } from './look';
import { type Moments, momentsOf } from './moments';
import { brief, DAY, midnights, type Stretch, type TimeScale, timeScale } from './scale';
import { wrap } from './wrap';

const WIDTH = 900;
const MARGIN = 24;
const LEFT = 200;
const RIGHT = WIDTH - MARGIN;
const LANE = 20;
const LINE = 16;
const TITLE_LETTERS = 72;
const TITLE_LINE = 26;
const NOTE_LETTERS = 130;
/** Room for a length of time, such as `65 min`. */
const LEAST_STRETCH = 44;
/** A call that fails is seen, however short the time. */
const LEAST_BAR = 3;
/** The width of a small letter, on average; on the safe side for the fonts below. */
const LETTER = 6.2;

interface Drawn {
  readonly parts: readonly string[];
  /** Where the next thing begins. */
  readonly foot: number;
}

/** As text of XML, which cannot have most control characters. */
const escaped = (content: string): string =>
  content.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/(?!\n)[\p{Cc}\p{Cs}]/gu, ' ');
const r = (value: number): number => Math.round(value * 10) / 10;
const text = (x: number, y: number, classes: string, content: string): string =>
  `<text x="${r(x)}" y="${r(y)}" class="${classes}">${escaped(content)}</text>`;
const rect = (x: number, y: number, width: number, height: number, rest: string): string =>
  `<rect x="${r(x)}" y="${r(y)}" width="${r(width)}" height="${r(height)}" ${rest}/>`;
const upright = (x: number, y: number, to: number, classes: string): string =>
  `<path d="M${r(x)} ${y}V${to}" class="${classes}"/>`;
const number = (x: number, y: number, value: number): string =>
  `<circle cx="${r(x)}" cy="${y - 4}" r="8.5" class="ink"/>${text(x, y, 'small middle strong card', `${value}`)}`;

const day = (at: Date): string => `${at.getUTCDate()} ${at.toUTCString().slice(8, 11)}`;
const clock = (at: Date): string => `${day(at)} ${at.toISOString().slice(11, 19)}`;

const drawBar = ({ from, to, fill, says, form }: Bar, { at }: TimeScale, y: number): string => {
  const x = at(from);
  const width = Math.max(LEAST_BAR, at(to) - x);
  if (form === 'thread') {
    const seen = Math.max(6, width);
    return rect(x - (seen - width) / 2, y + 7, seen, 6, `rx="3" class="${fill}"`);
  }
  const fitting = says.find((words) => words.length * LETTER + 8 <= width);
  const ink = form === 'outline' ? 'dim' : (INK_ON[fill] ?? 'card');
  const outline = `rx="3" class="card line-${fill}" stroke-width="1.5" stroke-dasharray="4 3"`;
  return [
    form === 'outline'
      ? rect(x + 1, y + 1, Math.max(1, width - 2), LANE - 2, outline)
      : rect(x, y, width, LANE, `rx="3" class="${fill}"`),
    ...(fill === 'fail' ? [rect(x, y, width, LANE, 'rx="3" fill="url(#failed)"')] : []),
    ...(fitting === undefined ? [] : [text(x + width / 2, y + 14, `small middle ${ink}`, fitting)]),
  ].join('');
};

/** How long a stretch is, and its days. */
const drawStretch = (
  stretch: Stretch,
  { at }: TimeScale,
  shaded: boolean,
  foot: number,
): readonly string[] => {
  const { from, to, x, width } = stretch;
  const days = midnights(stretch);
  const apart = (width * DAY) / (to - from);
  // Of days that are close together only some have room for their name, and then for a tick.
  const every = Math.ceil(46 / apart);
  const named = days
    .filter((_, index) => days.length === 1 || index % every === every - 1)
    .filter((midnight) => Math.min(at(midnight) - x, x + width - at(midnight)) > 20);
  return [
    ...(shaded ? [rect(x, 76, width, foot - 76, 'class="shade"')] : []),
    text(x + width / 2, 108, 'small middle dim', brief(to - from)),
    ...(apart < 4 ? named : days).map((midnight) => upright(at(midnight), 114, 119, 'line-dim')),
    ...named.map((midnight) => text(at(midnight), 130, 'small middle dim', day(midnight))),
  ];
};

/** What happened, in two columns. */
const drawStory = (moments: readonly Moments[], top: number): Drawn => {
  const entries = moments.map(({ at, texts }, index) => ({ at, index, words: wrap(texts.join(' '), 43) }));
  const heights = entries.map(({ words }) => words.length * LINE + 6);
  const half = heights.reduce((sum, height) => sum + height, 0) / 2;
  const parts: string[] = [];
  const feet = [top, top] as [number, number];
  let column: 0 | 1 = 0;
  for (const { at, index, words } of entries) {
    const height = heights[index] as number;
    if (feet[0] - top + height / 2 > half) column = 1;
    const [x, y] = [MARGIN + column * 436, feet[column]];
    parts.push(number(x + 8.5, y, index + 1), text(x + 26, y, 'small dim', clock(at)));
    parts.push(...words.map((line, row) => text(x + 126, y + row * LINE, 'ink', line)));
    feet[column] += height;
  }
  return { parts, foot: Math.max(...feet) };
};

/** The lanes of all groups below each other. */
const drawLanes = (
  data: PictureData,
  scale: TimeScale,
  top: number,
): Drawn & { readonly missing: readonly string[] } => {
  const parts: string[] = [];
  const missing: string[] = [];
  let y = top;
  const drawLane = ({ name, bars, signs = [] }: Lane): void => {
    const words = wrap(name, 27);
    parts.push(...words.map((line, row) => text(LEFT - 12, y + 14 + row * LINE, 'end dim', line)));
    const seen = bars.filter(({ from, to }) => from <= data.to && to >= data.from);
    parts.push(...seen.map((bar) => drawBar(bar, scale, y)));
    for (const { at, sign } of signs.filter((one) => one.at >= data.from && one.at <= data.to)) {
      parts.push(`<g transform="translate(${r(scale.at(at))} ${y + LANE / 2})">${SIGNS[sign]}</g>`);
    }
    y += Math.max(LANE, words.length * LINE + 2) + 6;
  };
  for (const { title, lanes } of groupsOf(data)) {
    if (lanes === undefined) {
      missing.push(title.toLowerCase());
      continue;
    }
    parts.push(text(MARGIN, y + 14, 'small strong ink', title));
    if (lanes.length === 0) parts.push(text(LEFT + 8, y + 14, 'small dim', 'none'));
    // A lane without a name is named by its group.
    y += lanes[0]?.name === '' ? 0 : 20;
    lanes.forEach(drawLane);
    y += 4;
  }
  return { parts, missing, foot: y };
};

/** Whether it is a picture of a rotation, which another one may replace. */
export const isPicture = (text: string): boolean =>
  /^<svg [^>]*\n?[^>]*aria-labelledby="title desc">/.test(text);

/**
 * Draws a rotation as an SVG image: lanes over time, with numbers at what happened, and below what that was. The same data give the same
 * text.
 */
export const drawPicture = (data: PictureData): string => {
  const { from, to, userName, verdict, notes } = data;
  const moments = momentsOf(data).filter(({ at }) => at >= from && at <= to);
  const scale = timeScale([from, ...moments.map(({ at }) => at), to], LEFT, RIGHT - LEFT, LEAST_STRETCH);
  const lanes = drawLanes(data, scale, 132);
  const story = drawStory(moments, lanes.foot + 22);
  const unknown = [
    ...(lanes.missing.length === 0
      ? []
      : [`Left out, because nobody has recorded them: ${lanes.missing.join(', ')}.`]),
    ...notes,
  ];
  const noteLines = unknown.flatMap((note) => wrap(note, NOTE_LETTERS));
  const title = `${userName}: ${verdict}`;
  const [first = '', ...more] = wrap(title, TITLE_LETTERS);
  const height =
    story.foot + (noteLines.length === 0 ? 0 : LINE * noteLines.length + 4) + TITLE_LINE * more.length;
  const told = moments.map(({ at, texts }, index) => `${index + 1}. ${clock(at)}: ${texts.join(' ')}`);
  const period = [...new Set([from, to].map((at) => `${day(at)} ${at.getUTCFullYear()}`))].join(' to ');
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      'role="img" aria-labelledby="title desc">',
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped([...told, ...unknown].join('\n'))}</desc>`,
    DEFINITIONS,
    rect(0.5, 0.5, WIDTH - 1, height - 1, 'rx="8" class="card line-edge"'),
    text(MARGIN, 38, 'title ink', first),
    ...more.map((line, row) => text(MARGIN, 38 + (row + 1) * TITLE_LINE, 'title ink', line)),
    `<g transform="translate(0 ${TITLE_LINE * more.length})">`,
    text(
      MARGIN,
      58,
      'dim',
      `${period}, UTC. Time is even between two numbers; each stretch says how long it is.`,
    ),
    ...scale.stretches.flatMap((one, index) => drawStretch(one, scale, index % 2 === 0, lanes.foot)),
    `<path d="M${LEFT} 114H${RIGHT}" class="line-edge"/>`,
    ...moments.map(({ at }) => upright(scale.at(at), 88, lanes.foot, 'line-edge')),
    ...moments.map(({ at }, index) => number(scale.at(at), 90, index + 1)),
    ...lanes.parts,
    ...story.parts,
    ...noteLines.map((line, row) => text(MARGIN, story.foot + 4 + row * LINE, 'dim', line)),
    '</g></svg>',
  ].join('\n')}\n`;
};
