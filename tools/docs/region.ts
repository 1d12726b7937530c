/**
 * Replaces the text between `<!-- name:begin -->` and `<!-- name:end -->` in a Markdown document.
 *
 * @throws Error if the text does not have these two marks exactly once each, in this order.
 */
export const withRegion = (markdown: string, name: string, content: string): string => {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const [before = '', region = '', ...more] = markdown.split(begin);
  const [, after, ...rest] = region.split(end);
  if (after === undefined || more.length > 0 || rest.length > 0 || before.includes(end)) {
    throw new Error(`The text must contain ${begin} and then ${end}, each once.`);
  }
  return `${before}${begin}\n${content}\n${end}${after}`;
};
