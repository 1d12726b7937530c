import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';

/** A node of a syntax tree, of whatever kind. */
export interface SyntaxNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** What is right below a node, in order. Operands of calls and list elements lie one object deeper, without a type. */
const childrenOf = (node: object): readonly SyntaxNode[] =>
  Object.values(node).flatMap((value: unknown) =>
    isNode(value) ? [value] : typeof value === 'object' && value !== null ? childrenOf(value) : [],
  );

/** A node and all that is below it. */
export const nodesOf = (node: SyntaxNode): readonly SyntaxNode[] => [
  node,
  ...childrenOf(node).flatMap(nodesOf),
];

/** The syntax tree of TypeScript. */
export const parsed = (source: string): SyntaxNode =>
  parseSync(source, { syntax: 'typescript', target: 'es2023' }) as unknown as SyntaxNode;

/** The TypeScript files below a directory, with their syntax trees. */
export const sourcesOf = (directory: string): readonly (readonly [file: string, tree: SyntaxNode])[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => [file, parsed(readFileSync(join(directory, file), 'utf8'))]);
