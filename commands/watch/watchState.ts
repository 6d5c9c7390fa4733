import type { WatchedBuild } from './watchBuilds';

/** What is on the screen. */
export interface WatchState {
  readonly builds: readonly WatchedBuild[];
  /** Place of the selected build among them. */
  readonly selected: number;
  readonly view: ListView | LogView;
  /** What there is to say, until the next key. */
  readonly message: string;
  /** What was asked and waits for `y`. */
  readonly asking?: WatchedBuild;
}

export interface ListView {
  readonly name: 'list';
}

/** The log of one build. `top` is the first line shown; while `following` it is whatever shows the end. */
export interface LogView {
  readonly name: 'log';
  readonly of: WatchedBuild;
  readonly lines: readonly string[];
  readonly top: number;
  readonly following: boolean;
}

/** What a key makes the program do, besides changing the state. */
export type WatchEffect = 'quit' | 'read-log' | { readonly cancel: WatchedBuild };

/** Before anything was read. */
export const nothingWatched: WatchState = { builds: [], selected: 0, view: { name: 'list' }, message: '' };

/** The state after a key; `page` is how many lines of a log fit on the screen. */
export function onKey(state: WatchState, key: string, page: number): [WatchState, WatchEffect?] {
  const { asking } = state;
  if (key === 'interrupt') return [state, 'quit'];
  if (asking !== undefined) {
    const { asking: _, ...rest } = state;
    return key === 'y' ? [{ ...rest, message: '' }, { cancel: asking }] : [{ ...rest, message: 'Not canceled' }];
  }
  const quiet = { ...state, message: '' };
  if (key === 'c') return [askToCancel(quiet)];
  return state.view.name === 'log' ? onLogKey(quiet, state.view, key, page) : onListKey(quiet, key);
}

/** The state when there are other builds: the selected one stays selected wherever it stands now. */
export function onBuilds(state: WatchState, builds: readonly WatchedBuild[]): WatchState {
  const selected = state.builds[state.selected];
  const again = selected === undefined ? -1 : builds.findIndex((one) => isSame(one, selected));
  const place = again >= 0 ? again : Math.min(state.selected, Math.max(0, builds.length - 1));
  const { view } = state;
  const shown = view.name === 'log' ? builds.find((one) => isSame(one, view.of)) : undefined;
  return { ...state, builds, selected: place, view: shown && view.name === 'log' ? { ...view, of: shown } : view };
}

/** The state when the log that is shown has been read again. */
export function onLog(state: WatchState, lines: readonly string[], page: number): WatchState {
  if (state.view.name !== 'log') return state;
  const { top, following } = state.view;
  return {
    ...state,
    view: { ...state.view, lines, top: following ? last(lines, page) : Math.min(top, last(lines, page)) },
  };
}

/** Whether both are one build. */
export function isSame(a: WatchedBuild, b: WatchedBuild): boolean {
  return a.app === b.app && a.seen.build.id === b.seen.build.id;
}

function onListKey(state: WatchState, key: string): [WatchState, WatchEffect?] {
  const to = (place: number): [WatchState] => [
    { ...state, selected: Math.max(0, Math.min(state.builds.length - 1, place)) },
  ];
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
      return to(state.selected + 10);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(state.builds.length - 1);
    case 'enter':
    case 'o': {
      const of = state.builds[state.selected];
      if (of === undefined) return [state];
      return [{ ...state, view: { name: 'log', of, lines: [], top: 0, following: true } }, 'read-log'];
    }
    case 'q':
      return [state, 'quit'];
    default:
      return [state];
  }
}

function onLogKey(state: WatchState, view: LogView, key: string, page: number): [WatchState, WatchEffect?] {
  const to = (top: number): [WatchState] => {
    const most = last(view.lines, page);
    const place = Math.max(0, Math.min(most, top));
    return [{ ...state, view: { ...view, top: place, following: place === most && top >= view.top } }];
  };
  switch (key) {
    case 'up':
    case 'k':
      return to(view.top - 1);
    case 'down':
    case 'j':
      return to(view.top + 1);
    case 'pageup':
    case 'b':
      return to(view.top - page);
    case 'pagedown':
      return to(view.top + page);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(view.lines.length);
    case 'f':
      return view.following ? [{ ...state, view: { ...view, following: false } }] : to(view.lines.length);
    case 'q':
    case 'escape':
    case 'o':
    case 'enter':
      return [{ ...state, view: { name: 'list' } }];
    default:
      return [state];
  }
}

function askToCancel(state: WatchState): WatchState {
  const build = state.view.name === 'log' ? state.view.of : state.builds[state.selected];
  if (build === undefined) return state;
  if (build.seen.displayStatus === 'running') return { ...state, asking: build };
  return { ...state, message: `Build ${build.seen.build.id} is not running (${build.seen.displayStatus})` };
}

function last(lines: readonly string[], page: number): number {
  return Math.max(0, lines.length - page);
}
