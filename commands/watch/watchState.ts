import { visible } from '../../host/printable';
import type { PrintedLine } from '../../host/terminal/printed';
import { isSame, type WatchedBuild } from './watchBuilds';
import { layOut, type LogRoom, type LogView, matches, onLogViewKey, openLogView } from './watchLogView';

/** What is on the screen. */
export interface WatchState {
  readonly builds: readonly WatchedBuild[];
  /** Only builds with this text are listed; '' for all. */
  readonly filter: string;
  /** Place of the selected build among those that are listed. */
  readonly selected: number;
  readonly view: ListView | LogView;
  /** What was read of the log that {@link wantedLog} names. */
  readonly log: ReadLog | undefined;
  /** What there is to say, until the next key. */
  readonly message: string;
  /** What has the keyboard; undefined: the view. */
  readonly prompt: Prompt | undefined;
}

export interface ReadLog {
  readonly of: WatchedBuild;
  readonly lines: readonly PrintedLine[];
}

interface ListView {
  readonly name: 'list';
}

/** A question, a text that is being typed, or the help: the next keys are for that. */
type Prompt =
  { readonly name: 'cancel'; readonly build: WatchedBuild } | { readonly name: 'filter' } | { readonly name: 'help' };

/** What a key makes the program do, besides changing the state. */
export type WatchEffect = 'quit' | { readonly cancel: WatchedBuild };

/** Before anything was read. */
export const nothingWatched: WatchState = {
  builds: [],
  filter: '',
  selected: 0,
  view: { name: 'list' },
  log: undefined,
  message: '',
  prompt: undefined,
};

/** The builds that are listed: those that match the filter. */
export function listedBuilds({ builds, filter }: Pick<WatchState, 'builds' | 'filter'>): readonly WatchedBuild[] {
  return filter === '' ? builds : builds.filter((build) => matches(wordsOf(build), filter));
}

/** The build whose log is shown, or would be if there were room beside the list. */
export function wantedLog(state: WatchState): WatchedBuild | undefined {
  return state.view.name === 'log' ? state.view.of : listedBuilds(state)[state.selected];
}

/** The state after a key. `room` is that of a log which has the whole screen. */
export function onKey(state: WatchState, key: string, room: LogRoom): [WatchState, WatchEffect?] {
  if (key === 'interrupt') return [state, 'quit'];
  const quiet = { ...state, message: '' };
  switch (state.prompt?.name) {
    case 'cancel': {
      const answered = { ...quiet, prompt: undefined };
      return key === 'y' ? [answered, { cancel: state.prompt.build }] : [{ ...answered, message: 'Not canceled' }];
    }
    case 'help':
      return [{ ...quiet, prompt: undefined }];
    case 'filter':
      return [onFilterKey(quiet, key, room)];
    case undefined:
      break;
  }
  if (key === '?') return [{ ...quiet, prompt: { name: 'help' } }];
  if (key === '/') return [{ ...quiet, prompt: { name: 'filter' } }];
  if (key === 'c') return [askToCancel(quiet)];
  if (state.view.name === 'list') return onListKey(quiet, key, room);
  const view = onLogViewKey(state.view, linesOf(state), key, room) ?? { name: 'list' };
  return [{ ...quiet, view }];
}

/** The state when the builds have been read again: the selected one stays selected wherever it stands now. */
export function onBuilds(state: WatchState, builds: readonly WatchedBuild[]): WatchState {
  const again = (one: WatchedBuild): WatchedBuild => builds.find((other) => isSame(other, one)) ?? one;
  const { view, log } = state;
  return {
    ...select(state, builds, state.filter),
    view: view.name === 'log' ? { ...view, of: again(view.of) } : view,
    log: log && { ...log, of: again(log.of) },
  };
}

/** The state when the log of `of` has been read, or when the screen has another size. */
export function onLog(state: WatchState, log: ReadLog | undefined, room: LogRoom): WatchState {
  const next = { ...state, log };
  return next.view.name === 'log' ? { ...next, view: layOut(next.view, linesOf(next), room) } : next;
}

/** The filter of what is on the screen. */
export function filterOf({ view, filter }: WatchState): string {
  return view.name === 'log' ? view.filter : filter;
}

function withFilter(state: WatchState, filter: string, room: LogRoom): WatchState {
  const { view } = state;
  if (view.name === 'list') return select(state, state.builds, filter);
  return { ...state, view: layOut({ ...view, filter, following: true }, linesOf(state), room) };
}

function onFilterKey(state: WatchState, key: string, room: LogRoom): WatchState {
  const text = filterOf(state);
  switch (key) {
    case 'enter':
      return { ...state, prompt: undefined };
    case 'escape':
      return { ...withFilter(state, '', room), prompt: undefined };
    case 'backspace':
      return withFilter(state, Array.from(text).slice(0, -1).join(''), room);
    default:
      return isTyped(key) ? withFilter(state, text + key, room) : state;
  }
}

function isTyped(key: string): boolean {
  return Array.from(key).length === 1 && visible(key) === key;
}

function onListKey(state: WatchState, key: string, room: LogRoom): [WatchState, WatchEffect?] {
  const listed = listedBuilds(state);
  const to = (place: number): [WatchState] => [{ ...state, selected: Math.max(0, Math.min(listed.length - 1, place)) }];
  switch (key) {
    case 'up':
    case 'k':
      return to(state.selected - 1);
    case 'down':
    case 'j':
      return to(state.selected + 1);
    case 'pageup':
      return to(state.selected - 10);
    case 'pagedown':
    case ' ':
      return to(state.selected + 10);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(listed.length - 1);
    case 'enter':
    case 'o': {
      const of = listed[state.selected];
      return [of === undefined ? state : onLog({ ...state, view: openLogView(of) }, state.log, room)];
    }
    case 'escape':
      return [select(state, state.builds, '')];
    case 'q':
      return [state, 'quit'];
    default:
      return [state];
  }
}

function askToCancel(state: WatchState): WatchState {
  const build = wantedLog(state);
  if (build === undefined) return state;
  if (build.shown.displayStatus === 'running') return { ...state, prompt: { name: 'cancel', build } };
  return { ...state, message: `Build ${build.shown.build.id} is not running (${build.shown.displayStatus})` };
}

/** With other builds or another filter: the selected build stays selected, or the one that is now in its place. */
function select(state: WatchState, builds: readonly WatchedBuild[], filter: string): WatchState {
  const before = listedBuilds(state)[state.selected];
  const listed = listedBuilds({ builds, filter });
  const again = before === undefined ? -1 : listed.findIndex((one) => isSame(one, before));
  const selected = again >= 0 ? again : Math.max(0, Math.min(state.selected, listed.length - 1));
  return { ...state, builds, filter, selected };
}

function linesOf({ view, log }: WatchState): readonly PrintedLine[] {
  return log !== undefined && view.name === 'log' && isSame(log.of, view.of) ? log.lines : [];
}

function wordsOf({ app, shown: { build, displayStatus } }: WatchedBuild): string {
  const { user = '', key = '' } = build.actor;
  return [app, build.id, displayStatus, build.source, user, key, build.revision ?? ''].join(' ');
}
