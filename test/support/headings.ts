/** The headings of a Markdown text; what begins with # in a block of code is none. */
export const headingsOf = (markdown: string): readonly string[] =>
  [...markdown.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text);

/** The anchor that GitHub gives to a heading. */
const anchorOfHeading = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

/** The anchors of a Markdown text. */
export const anchorsOf = (markdown: string): readonly string[] => headingsOf(markdown).map(anchorOfHeading);
