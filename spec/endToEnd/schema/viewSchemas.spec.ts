import test from 'ava';

import type { Sandbox } from '../../../scripts/sandbox/host';
import { APP, printed, printedArray, recordedHost } from './recordedHost';
import { assertRefused, assertValid, distinct, type Json, misshapen, without } from './schemas';

let host: Sandbox;
let all: Json[];
test.before(async () => {
  host = await recordedHost();
  all = await printedArray(host, ['builds:list', APP, '--all', '--format', 'json']);
});
test.after.always(() => host.remove());

const KEYS = ['id', 'app', 'kind', 'pid', 'started_at', 'finished_at', 'status', 'source', 'exit_code'];
const VIEW_KEYS = [...KEYS, 'display_status', 'duration', 'log_path', 'duration_seconds', 'actor'];
const ORDER = VIEW_KEYS.toSpliced(-1, 0, 'revision');

test('every list that the program prints is valid, the keys in their order', async (t) => {
  t.deepEqual(distinct(all, 'display_status'), ['abandoned', 'canceled', 'failed', 'running', 'succeeded']);
  t.true(all.some((one) => 'pruned' in one));
  t.true(all.some((one) => !('pruned' in one)));
  const asOf = ['--as-of', '0s'];
  const commands = [[], [APP], [APP, ...asOf], [APP, '--all', ...asOf], [APP, '--status', 'failed']];
  for (const args of commands)
    assertValid(t, 'list', await printed(host, ['builds:list', ...args, '--format', 'json']));
  assertValid(t, 'list', all);
  for (const one of all) {
    t.deepEqual(
      Object.keys(one),
      [...ORDER, 'pruned'].filter((key) => key in one),
    );
  }
});

test('every info that the program prints is valid, its own key behind those of the list', async (t) => {
  for (const one of all) {
    const info = (await printed(host, ['builds:info', APP, String(one['id']), '--format', 'json'])) as Json;
    assertValid(t, 'info', info);
    t.deepEqual(
      Object.keys(info),
      [...ORDER, 'event'].filter((key) => key in info),
    );
    t.deepEqual((info['event'] as Json)['pruned'], one['pruned']);
    assertRefused(t, 'list', [info], 'the key of info');
    for (const [what, value] of [...without(info, [...VIEW_KEYS, 'event']), ...misshapen(info)]) {
      assertRefused(t, 'info', value, what);
    }
    const event = info['event'] as Json;
    for (const [what, value] of [...without(event, ['actor', 'adopted']), ...misshapen(event)]) {
      assertRefused(t, 'info', { ...info, event: value }, `event: ${what}`);
    }
  }
});

test('a list with an entry that lacks a key, has one more, or one of another form is refused', (t) => {
  assertRefused(t, 'list', all[0], 'an entry alone');
  for (const one of all) {
    for (const [what, value] of [...without(one, VIEW_KEYS), ...misshapen(one)])
      assertRefused(t, 'list', [value], what);
    assertRefused(t, 'list', [{ ...one, log_path: 'b1.log' }], 'a path that is not absolute');
    assertRefused(t, 'list', [{ ...one, duration: '1m75s' }], 'a duration of 75 seconds');
  }
});
