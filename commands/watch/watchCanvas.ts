import { ink } from '../../host/terminal/colour';
import type { PrintedLine } from '../../host/terminal/printed';
import { sgrOf } from '../../host/terminal/style';
import { fitExactly } from '../../host/terminal/table/width';
import type { SeenBuild } from '../../projections/records/record';
import { statusColour } from '../shared/onTerminal';
import type { WatchedBuild } from './watchBuilds';

/** What there is to draw on, and what is drawn besides the state. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** ms since the epoch. */
  readonly now: number;
  /** The last line that a build has printed. */
  readonly lastLine: (build: WatchedBuild) => string;
  /** What is watched: the name of an app, or of the host. */
  readonly of: string;
  /** Whether the logs and processes of the builds are on this machine. */
  readonly isLocal: boolean;
}

type Emphasis = 'bold' | 'dim' | 'inverse';

const EMPHASIS = { bold: { bold: true }, dim: { dim: true }, inverse: { inverse: true } } as const;

/** `text` over the whole width. Emphasis is not a colour: the selection must also be visible without colours. */
export function emphasized(text: string, emphasis: Emphasis, columns: number, canvas: Canvas): string {
  return `${sgrOf(EMPHASIS[emphasis])}${fitExactly(text, columns, canvas)}\u001b[0m`;
}

/** A line of a log, which has room, in its colours if they are wanted. */
export function paintedLine(line: PrintedLine, { colour }: Canvas): string {
  const painted = line.map(({ text, style }) => (colour ? sgrOf(style) + text : text)).join('');
  return colour && line.length > 0 ? `${painted}\u001b[0m` : painted;
}

const SIGNS = {
  running: '▶>',
  succeeded: '✓+',
  failed: '✗x',
  canceled: '⊘-',
  abandoned: '??',
  unknown: '??',
} as const;

/** `✓ succeeded`, in 11 columns; with its colour if `painted`. */
export function statusText({ displayStatus }: SeenBuild, canvas: Canvas, painted: boolean): string {
  const text = `${SIGNS[displayStatus].charAt(canvas.unicode ? 0 : 1)} ${displayStatus}`;
  const colour = painted ? statusColour(displayStatus) : undefined;
  return ink(text, colour, canvas) + ' '.repeat(STATUS_COLUMNS - text.length);
}

const STATUS_COLUMNS = 11;

/** `, exit code 137`, where there is one that says something. */
export function exitText({ build }: SeenBuild): string {
  return build.status === 'failed' ? `, exit code ${build.exitCode}` : '';
}
