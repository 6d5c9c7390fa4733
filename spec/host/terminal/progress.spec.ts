import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { appProgress } from '../../../host/terminal/appProgress';
import { openOutput } from '../../../host/terminal/output';
import { countRead, showProgress } from '../../../host/terminal/progress';
import { temporaryDirectory } from '../../temporaryHost';

/** A terminal with a clock that stands still until it is set. */
class FakeTerminal {
  written = '';
  time = 0;

  constructor(readonly there = true) {}

  isThere(): boolean {
    return this.there;
  }

  write(text: string): void {
    this.written += text;
  }

  now(): number {
    return this.time;
  }
}

const CLEAR = '\r\u001b[K';

test('progress is shown when the work has taken a while, not too often, and is cleared', (t) => {
  const terminal = new FakeTerminal();
  const progress = showProgress(terminal);
  progress.show(() => 'at once');
  progress.clear();
  t.is(terminal.written, '');
  terminal.time = 600;
  progress.show(() => 'one');
  terminal.time = 650;
  progress.show(() => 'too soon');
  terminal.time = 700;
  progress.show(() => 'two');
  progress.clear();
  progress.clear();
  t.is(terminal.written, `${CLEAR}       one${CLEAR}       two${CLEAR}`);
});

test('where there is no terminal nothing is shown, and no text is made', (t) => {
  const terminal = new FakeTerminal(false);
  const progress = showProgress(terminal);
  terminal.time = 600;
  progress.show(() => t.fail());
  progress.clear();
  t.is(terminal.written, '');
});

test('the events of an app are counted by the thousand', (t) => {
  const terminal = new FakeTerminal();
  const show = countRead('shop', 'events', showProgress(terminal));
  terminal.time = 600;
  for (let events = 0; events < 2500; events++) show();
  t.is(terminal.written, `${CLEAR}       shop: 1000 events`);
});

test('for many apps it shows how many are done, also while none ends; for one app nothing', (t) => {
  const terminal = new FakeTerminal();
  const many = appProgress(3, showProgress(terminal));
  terminal.time = 600;
  many.done();
  terminal.time = 1200;
  many.tick();
  many.clear();
  t.regex(terminal.written, /^\r\S+ {7}1 of 3 apps, \d+s\r\S+ {7}1 of 3 apps, \d+s\r\S+$/);
  const one = new FakeTerminal();
  const alone = appProgress(1, showProgress(one));
  one.time = 600;
  alone.tick();
  alone.done();
  t.is(one.written, '');
});

test('what is printed clears the progress first, whoever shows it', (t) => {
  const terminal = new FakeTerminal();
  const progress = showProgress(terminal);
  const file = openSync(join(temporaryDirectory(t), 'stdout'), 'w');
  t.teardown(() => closeSync(file));
  const output = openOutput({ quiet: false }, { stdout: file, stderr: file });
  terminal.time = 600;
  progress.show(() => 'reading');
  output.line('a row');
  t.is(terminal.written, `${CLEAR}       reading`, 'what is only buffered clears nothing');
  output.flush();
  t.is(terminal.written, `${CLEAR}       reading${CLEAR}`);
  output.line('another');
  output.flush();
  t.is(terminal.written, `${CLEAR}       reading${CLEAR}`);
});
