import type { Span } from './data';

/** Spans in a row that agree in what is compared, as one. */
export const merged = <S extends Span>(
  spans: readonly S[],
  key: (span: S) => string,
  gapMs = 0,
): readonly S[] => {
  const result: S[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    const goesOn =
      last !== undefined && key(last) === key(span) && span.from.getTime() - last.to.getTime() <= gapMs;
    if (goesOn) result[result.length - 1] = { ...last, to: span.to };
    else result.push(span);
  }
  return result;
};
