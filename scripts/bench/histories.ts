import { join } from 'node:path';

import type { AppName, BuildId } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { pluginFile } from './bundles';
import { outputOf } from './runProgram';
import type { Scale } from './scale';
import { addApp, emptyHost } from './synthesizeHost';

/** An app whose history was made. */
export interface MadeApp {
  readonly app: AppName;
  readonly directory: string;
  readonly events: number;
  /** Size of its journal. */
  readonly bytes: number;
  /** The first build there ever was, and the last. */
  readonly oldest: BuildId;
  readonly newest: BuildId;
}

/** A host with an app of a long history and one of a short one, both found intact by `builds:verify`. */
export interface Histories {
  readonly env: NodeJS.ProcessEnv;
  readonly long: MadeApp;
  readonly short: MadeApp;
}

/** Makes it in `directory`. Throws when `builds:verify` finds anything. */
export function makeHistories(directory: string, { longHistory, shortHistory }: Scale): Histories {
  const { host, env } = emptyHost(join(directory, 'histories'));
  const make = (name: string, events: number): MadeApp => {
    const made = addApp(host, name, events);
    outputOf([pluginFile('subcommands/verify'), 'builds:verify', made.app], env);
    return { ...made, directory: appBuilds(host, made.app).directory };
  };
  return { env, long: make('long', longHistory), short: make('short', shortHistory) };
}
