import { parentPort, workerData } from 'node:worker_threads';

import { readHost } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { type AppWork, type WorkerData, workOn } from './overAllApps';
import { pruneWork } from '../prune';
import { replayWork } from '../replay';
import { verifyWork } from '../verify/verify';

/** The work that threads can do, by the command's name. */
const works: Readonly<Record<string, AppWork>> = {
  'builds:prune': pruneWork,
  'builds:replay': replayWork,
  'builds:verify': verifyWork,
};

/** The program of a worker thread of `overAllApps`: works on each app that it is sent, and ends after `undefined`. */
export function worker(): undefined {
  const { name, flags } = workerData as WorkerData;
  const work = works[name];
  if (work === undefined) throw new Error(`No work over all apps is called ${name}`);
  const host = readHost(process.env);
  parentPort?.on('message', (app: AppName | undefined) => {
    if (app === undefined) parentPort?.close();
    else parentPort?.postMessage(workOn(host, work, app, flags));
  });
}
