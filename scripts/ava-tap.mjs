/**
 * ava's command line with its TAP reporter mended. The reporter of ava 7.0 breaks when a run times out or a spec calls
 * `process.exit()`: it then reports a plain Error where it expects a serialized one, and so never names the specs that
 * hung.
 */
import TapReporter from '../node_modules/ava/lib/reporters/tap.js';

const { writeTest } = TapReporter.prototype;
TapReporter.prototype.writeTest = function (event, flags) {
  const { err } = event;
  const mended = err instanceof Error ? { type: 'native', name: err.name, stack: err.stack, originalError: err } : err;
  return writeTest.call(this, { ...event, err: mended }, flags);
};

await import('../node_modules/ava/entrypoints/cli.mjs');
