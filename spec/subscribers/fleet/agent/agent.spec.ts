import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { runAgent } from '../../../../subscribers/fleet/agent/agent';
import type { JournalName } from '../../../../subscribers/fleet/engine';
import type { Piece } from '../../../../subscribers/fleet/piece';
import { temporaryDirectory } from '../../../temporaryHost';
import { fleetJournal, HOST } from '../fleetJournal';
import { MemoryFleet } from '../memoryFleet';

const HOUR_MS = 3_600_000;

test('journals that are begun while the agent publishes another one are published without waiting', async (t) => {
  t.timeout(10_000, 'a journal was not published');
  const root = temporaryDirectory(t);
  const journalOf = (app: string) => {
    mkdirSync(join(root, app));
    return fleetJournal(t, join(root, app));
  };
  const [empty, shop] = [journalOf('empty'), journalOf('shop')];
  shop.deploy(1);
  const published = new Set<string>();
  const end = new AbortController();
  t.teardown(() => {
    end.abort();
  });

  class SlowFleet extends MemoryFleet {
    override async append(of: JournalName, piece: Piece, after: number): Promise<number> {
      if (published.size === 0) {
        await new Promise(setImmediate); // now the agent has read each app's directory
        empty.deploy(1);
        journalOf('late').deploy(1);
      }
      published.add(of.journal);
      if (published.size === 3) end.abort();
      return super.append(of, piece, after);
    }
  }

  const connect = () => Promise.resolve(new SlowFleet());
  const about = { host: HOST, name: 'web1', program: '1.0.0', buildsRoot: root, warn: (text: string) => t.fail(text) };
  await runAgent({ ...about, connect, checkMs: HOUR_MS, askMs: HOUR_MS, everySeconds: HOUR_MS }, end.signal);
  t.is(published.size, 3);
});
