import { hostname } from 'node:os';
import { isatty } from 'node:tty';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { Failure } from '../../host/failure';
import { printable } from '../../host/printable';
import type { Output } from '../../host/terminal/output';
import { readTerminal } from '../../host/terminal/terminal';
import { defineCommand } from '../definition/command';
import { maybeApp } from '../definition/flags';
import { isSame, watchBuilds } from './watchBuilds';
import { cancelWatched } from './watchCancel';
import { type FullScreen, type FullScreenEvents, openFullScreen } from './watchFullScreen';
import { logSize, readLastLine, readLogLines } from './watchLog';
import { drawScreen, isSplit, logRoom } from './watchScreen';
import { nothingWatched, onBuilds, onKey, onLog, wantedLog, type WatchState } from './watchState';

const REFRESH_MS = 1000;
/** Builds that are shown beyond the running ones. */
const LATEST = 100;
const INTERRUPTED = 130;

export const watch = defineCommand({
  description: 'Watch builds live on the whole terminal',
  args: { app: maybeApp('the app; without it every app that you may see') },
  flags: {},
  example: 'shop',
  alongside: true,
  run: ({ host, output, args: { app } }) => watchOnTerminal(host, output, app),
});

async function watchOnTerminal(host: Host, output: Output, app: AppName | undefined): Promise<number> {
  if (!isatty(0) || !isatty(1)) {
    throw new Failure('builds:watch needs a terminal (over ssh: ssh -t); scripts can use builds:events --follow');
  }
  output.flush();
  return onFullScreen(REFRESH_MS, (screen) => watching(host, app, screen));
}

/** The state and what changes it. */
function watching(host: Host, app: AppName | undefined, screen: FullScreen): Handlers {
  const { colour, unicode } = readTerminal(process.env, { colour: true });
  let state: WatchState = nothingWatched;
  const say = (message: string): void => {
    state = { ...state, message: printable(message) };
  };
  const builds = watchBuilds(host, app, say);
  let size = 0; // bytes of the log in the state when it was read

  const readLog = (): void => {
    const isShown = state.view.name === 'log' || isSplit({ ...screen.size(), isLocal: true });
    const of = isShown ? wantedLog(state) : undefined;
    const now = of === undefined ? 0 : logSize(host, of);
    const isKnown = of !== undefined && state.log !== undefined && isSame(of, state.log.of) && now === size;
    if (!isKnown) state = onLog(state, of && { of, lines: readLogLines(host, of) }, logRoom(screen.size()));
    size = now;
  };
  const draw = (): void => {
    readLog();
    const lastLine = (build: Parameters<typeof readLastLine>[1]): string => readLastLine(host, build);
    const canvas = {
      ...screen.size(),
      colour,
      unicode,
      now: Date.now(),
      lastLine,
      of: app ?? hostname(),
      isLocal: true,
    };
    screen.draw(drawScreen(state, canvas));
  };
  const refresh = (): void => {
    state = onBuilds(state, builds.read(Date.now(), LATEST));
    draw();
  };
  return {
    refresh,
    resize() {
      state = onLog(state, state.log, logRoom(screen.size()));
      draw();
    },
    key(name) {
      const [next, effect] = onKey(state, name, logRoom(screen.size()));
      state = next;
      if (effect === 'quit') return name === 'interrupt' ? INTERRUPTED : 0;
      if (effect === undefined) draw();
      else {
        say(cancelWatched(host, effect.cancel));
        refresh();
      }
      return undefined;
    },
  };
}

/** What happens at the terminal; a number ends it, as exit status. */
interface Handlers {
  refresh(): void;
  resize(): void;
  key(name: string): number | undefined;
}

/**
 * Takes the screen, refreshes it every `ms`, and gives it back at the end. Resolves to the exit status; rejects with
 * what a handler throws.
 */
async function onFullScreen(ms: number, begin: (screen: FullScreen) => Handlers): Promise<number> {
  const open: { screen?: FullScreen; handlers?: Handlers; timer?: NodeJS.Timeout } = {};
  try {
    return await new Promise<number>((resolve, reject) => {
      const attempt = (work: (to: Handlers) => unknown): void => {
        try {
          const status = open.handlers && work(open.handlers);
          if (typeof status === 'number') resolve(status);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const events: FullScreenEvents = {
        key: (name) => attempt((to) => to.key(name)),
        resize: () => attempt((to) => to.resize()),
        end: (signal) => resolve(signal === 0 ? 0 : 128 + signal),
      };
      open.screen = openFullScreen(events);
      open.handlers = begin(open.screen);
      open.timer = setInterval(() => attempt((to) => to.refresh()), ms);
      attempt((to) => to.refresh());
    });
  } finally {
    clearInterval(open.timer);
    open.screen?.close();
  }
}
