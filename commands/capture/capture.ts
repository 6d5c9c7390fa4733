import { Failure } from '../../host/failure';
import { type Source, sources } from '../../journal/events';
import { defineCommand } from '../definition/command';
import { aChoice, anApp, aSize, aSpan, aSwitch } from '../definition/flags';
import { holdDeployLock } from './deployLock';
import { KILL_AFTER_MS, runRecorded, TIMED_OUT } from './runRecorded';
import { checkBytes } from './unchangedBytes';

/** Its exit status is that of the command that it runs. */
export const capture = defineCommand({
  description: 'Run a command as a recorded deploy of an app',
  args: {
    app: anApp(),
    command: {
      kind: 'rest',
      shown: '<command> [<arg>...]',
      help: 'the command, run without a shell; its exit status is passed on',
    },
  },
  flags: {
    source: aChoice(
      Object.keys(sources) as Source[],
      'the source of the deploy, one that Dokku has; by default deploy',
      { shown: 'S' },
    ),
    timeout: aSpan(
      `end the command after that time by SIGTERM, and ${KILL_AFTER_MS / 1000} s later by SIGKILL; ` +
        `its exit code is then ${TIMED_OUT}`,
    ),
    wait: aSwitch('if the app is being deployed, wait for the deploy lock instead of refusing'),
    maxLog: aSize('limit the log: keep the beginning and the end of the output, and note how much is missing'),
  },
  example: 'blog -- rsync -a public/ /srv/blog/',
  programOnly: true,
  async run({ host, output, args: { app, command: words }, flags: { source = 'deploy', timeout, wait, maxLog } }) {
    const [command, ...commandArgs] = words;
    if (!command) throw new Failure('Please specify a command to run, after --');
    checkBytes(words, process.env, output.warn);
    const lock = await holdDeployLock(host, output, app, wait);
    try {
      return await runRecorded({ host, app, source, command, args: commandArgs, timeout, maxLog, lock });
    } finally {
      lock.release();
    }
  },
});
