import { parseTimestamp } from '../../../host/durations';
import { shorten, visible } from '../../../host/printable';
import type { AppName, BuildId } from '../../../host/dokku/names';
import { asRevision } from '../../../host/dokku/revision';
import { exitCodeText } from '../../../projections/events/exitCodeText';
import { errorLine } from '../../../projections/lists/whyFailed';
import { actorText } from '../../../projections/events/eventView';
import type { Notification } from '../notification';
import type { Occasion } from '../settings';

/** The end of a build's log as a terminal shows it; `cut` if there is more before. */
export interface LogEnd {
  readonly lines: readonly string[];
  readonly cut: boolean;
}

/** What is known only when a notification is sent. */
export interface Sending {
  /** Name of the host that sends it. */
  readonly host: string;
  /** ms since the epoch. */
  readonly now: number;
  /** 1 for the first time that it is tried. */
  readonly attempt: number;
  /** Secrets are masked. Absent if no lines may leave the host, or there is no log. */
  readonly log?: LogEnd;
  /** Why no lines are sent although they are wanted: a sentence. */
  readonly logLeftOut?: string;
}

/**
 * What a message to people says, whatever the format. No text in it has control characters, or more than 500
 * characters.
 */
export interface Message {
  readonly on: Occasion | 'test';
  readonly app: AppName;
  /** Name of the host. */
  readonly host: string;
  readonly build?: BuildId;
  /** What happened, in one sentence that begins with the app's name. */
  readonly text: string;
  /** Why it failed: the last line of the log that looks like an error, and what the exit code says. */
  readonly why?: string;
  /** Who deployed. */
  readonly who?: string;
  /** The commit, whole. */
  readonly revision?: string;
  readonly duration?: string;
  /** The command that shows more, to be run on the host. */
  readonly command?: string;
  /** ms since the epoch. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

const MOST_CHARACTERS = 500;

/** The message of a notification. */
export function messageOf(notification: Notification, { host, log, logLeftOut }: Sending): Message {
  const { app, build, on = 'test', text, record, actor, duration } = notification;
  const revision = asRevision(notification.revision);
  const why = on === 'failed' || on === 'abandoned' ? reasonOf(record?.exit_code, log, logLeftOut) : '';
  const who = visible(actorText(actor ?? {}));
  const startedAt = parseTimestamp(record?.started_at ?? '');
  const finishedAt = parseTimestamp(record?.finished_at ?? '');
  return {
    on,
    app,
    host,
    ...(build !== '' && { build, command: `dokku builds:output ${app} ${build}` }),
    text: shorten(text, MOST_CHARACTERS),
    ...(why !== '' && { why: shorten(why, MOST_CHARACTERS) }),
    ...(who !== '' && { who: shorten(who, MOST_CHARACTERS) }),
    ...(revision !== undefined && { revision }),
    ...(duration !== undefined && { duration }),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
  };
}

/** What `builds:notify --test` says. */
export function testMessage(app: AppName, host: string): Message {
  return { on: 'test', app, host, text: `${app}: a test message; notifications of this app arrive here` };
}

function reasonOf(exitCode: number | undefined, log: LogEnd | undefined, logLeftOut: string | undefined): string {
  const code = exitCode !== undefined && exitCode > 0 ? exitCodeText(exitCode) : undefined;
  const line = log === undefined ? logLeftOut && visible(logLeftOut) : errorLine(log.lines);
  return [line, code].filter((part) => part !== undefined && part !== '').join(' - ');
}

/** Colours for what happened, `#rrggbb`. */
export const COLOURS: Readonly<Record<Message['on'], string>> = {
  started: '#439fe0',
  succeeded: '#2eb67d',
  failed: '#e01e5a',
  canceled: '#808080',
  abandoned: '#e01e5a',
  test: '#808080',
};

/** `text` for receivers to which `&`, `<` and `>` mean something, and their entities stand for them. */
export function withEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The parts of a message that have a label, in the order in which they are shown. */
export function labeled({ why, who, revision, duration, host, command }: Message): [label: string, value: string][] {
  const parts: [string, string | undefined][] = [
    ['Why', why],
    ['Who', who],
    ['Commit', revision],
    ['Duration', duration],
    ['Host', host],
    ['More', command],
  ];
  return parts.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as [string, string]]));
}
