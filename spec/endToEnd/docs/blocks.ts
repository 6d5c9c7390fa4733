import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * The fenced blocks of README.md and docs/*.md. What stands in a comment above a block is a mark:
 *
 *     <!-- not run: it takes minutes -->      the block is checked, but not run
 *     <!-- run by: fleetSetUp.spec.ts -->     another spec of this directory runs it
 *     <!-- scene: blog is being deployed -->  what has to be so before
 */

const ROOT = join(__dirname, '..', '..', '..');

/** In the order in which they are typed: usage goes on where README ends. */
export const PAGES = [...new Set(['README.md', 'docs/usage.md', 'CONTRIBUTING.md', ...allOfDocs()])];

function allOfDocs(): string[] {
  const names = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return names.map((name) => `docs/${name}`);
}

export interface Block {
  /** Where it is, for messages: `README.md:48`. */
  readonly place: string;
  readonly language: string;
  readonly lines: readonly string[];
  /** Why it is not run. */
  readonly notRun: string | undefined;
  readonly scene: string | undefined;
  /** The spec that runs it, if it is not examples.spec.ts. */
  readonly runBy: string | undefined;
}

/** A command, and what has to come of it; undefined if the block shows no output. */
export interface Step {
  readonly command: string;
  readonly output: readonly string[] | undefined;
}

const FENCE = /^```(\w*)$/;
const MARK = /^<!-- (not run|run by|scene): (.*) -->$/;

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = textOf(page).split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, language] = FENCE.exec(lines[at] ?? '') ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    const marks = marksAbove(lines, at);
    blocks.push({
      place: `${page}:${at + 1}`,
      language,
      lines: lines.slice(at + 1, end),
      notRun: marks.get('not run'),
      scene: marks.get('scene'),
      runBy: marks.get('run by'),
    });
    at = end;
  }
  return blocks;
}

function marksAbove(lines: readonly string[], fence: number): Map<string, string> {
  const marks = new Map<string, string>();
  for (let at = fence - 1; at >= 0; at--) {
    const line = lines[at] ?? '';
    const [, name = '', text = ''] = MARK.exec(line) ?? [];
    if (name !== '') marks.set(name, text);
    else if (line !== '') break;
  }
  return marks;
}

const SHELL = new Set(['sh', 'bash', 'console']);

/** Whether somebody is to type what the block shows. */
export function isTyped(block: Block): boolean {
  return SHELL.has(block.language);
}

/** The commands of a block, in order. A `console` block has them behind `$ `, each with its output. */
export function stepsOf({ language, lines }: Block): Step[] {
  if (language !== 'console') {
    const commands = lines.filter((line) => line !== '' && !line.startsWith('#'));
    return commands.map((command) => ({ command, output: undefined }));
  }
  const steps: { command: string; output: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] });
    else steps.at(-1)?.output.push(line);
  }
  return steps;
}
