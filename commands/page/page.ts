import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';

import { allowedApps, listApps } from '../../host/dokku/apps';
import { Failure, reasonOf } from '../../host/failure';
import { printable } from '../../host/printable';
import { replaceFile } from '../../host/files/replaceFile';
import { thisSystem } from '../../host/system/system';
import { appProgress } from '../../host/terminal/appProgress';
import { countRead, showProgress } from '../../host/terminal/progress';
import type { Output } from '../../host/terminal/output';
import { pageHtml } from '../../projections/page/page';
import { readAppPage, readHostPage } from '../../projections/page/readPage';
import { defineCommand } from '../definition/command';
import { aText, maybeApp } from '../definition/flags';

export const page = defineCommand({
  description: 'Write a web page about builds as one file',
  args: { app: maybeApp('the app; without it every app that you may see') },
  flags: {
    out: {
      ...aText('<file>', 'where to write it; without it, and with -, the page goes to stdout', 'file'),
      programOnly: true,
    },
  },
  example: 'shop',
  alongside: true,
  run({ host, output, args: { app }, flags: { out }, now }) {
    const apps = app === undefined ? allowedApps(host, listApps(host)) : [app];
    const progress = appProgress(apps.length);
    const warn = (message: string): void => {
      progress.clear();
      output.warn(message);
    };
    const onRead = app === undefined ? () => progress.tick() : countRead(app, 'events', showProgress());
    const context = { host, system: { ...thisSystem, now: () => now }, warn, onRead };
    const content = app === undefined ? readHostPage(context, apps, () => progress.done()) : readAppPage(context, app);
    progress.clear();
    const html = pageHtml({ host: hostname(), ...content });
    if (out === undefined || out === '-') output.raw(html);
    else writePage(output, out, html);
    return undefined;
  },
});

function writePage(output: Output, out: string, html: string): void {
  if (out === '') throw new Failure('Flag --out needs the name of a file');
  const path = resolve(out);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) throw new Failure(`${printable(path)} is not a regular file`);
  try {
    replaceFile(path, html, { mode: 0o644, durable: true });
  } catch (error) {
    throw new Failure(`Cannot write ${printable(path)}: ${reasonOf(error)} (in ${printable(dirname(path))})`);
  }
  output.step(`Wrote ${printable(path)} (${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB)`);
}
