import { appendFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import test from 'ava';

import { freePort, startNatsServer } from '../../../scripts/fleet/natsServer';
import { builtPlugin } from '../../../scripts/sandbox/layout';
import { createSandbox, expectSuccess, type Result, type Sandbox } from '../../../scripts/sandbox/host';
import { cannotCertify, makeAuthority } from '../fleet/certificates';
import { program, SERVER_SECONDS, withServer } from '../fleet/server';
import { blocksOf } from './blocks';
import { standIn, standIns } from './standIns';

const withTls = cannotCertify === undefined ? withServer : test.skip;

/** The agent publishes within seconds, on a busy machine too. */
const LIMIT_MS = 120_000;

withTls('the commands that docs/fleet.md shows set up a fleet (skipped without nats-server or openssl)', async (t) => {
  t.timeout(LIMIT_MS * 2);
  const [block] = blocksOf('docs/fleet.md').filter(({ runBy }) => runBy === 'fleetSetUp.spec.ts');
  const host = await createSandbox();
  t.teardown(() => host.remove());
  standIn(host, 'sudo', standIns.sudo);
  standIn(host, 'systemctl', 'echo "$*" >>"$0.log"');
  await host.createApp('shop');
  expectSuccess(await host.trigger('builds-record-start', ['shop', 'one', String(host.process().pid), 'git-hook']));

  const nats = join(host.paths.root, 'etc/nats');
  mkdirSync(nats, { recursive: true });
  const authority = makeAuthority(nats, 'authority');
  const { certificate, key } = authority.sign('server', 'DNS:localhost');
  renameSync(certificate, join(nats, 'cert.pem'));
  renameSync(key, join(nats, 'key.pem'));

  const port = await freePort();
  const desk = join(host.paths.tmp, 'desk');
  mkdirSync(desk);
  const trusted = { NODE_EXTRA_CA_CERTS: authority.certificate }; // as if the system trusted it
  const homes = {
    web1: { env: trusted, cwd: host.paths.root },
    desk: { env: { ...trusted, HOME: desk, DOKKU_LIB_ROOT: join(desk, 'lib') }, cwd: desk },
  };
  const here = (text: string): string =>
    text.replaceAll('nats.example.org:4222', `localhost:${port}`).replaceAll('/etc/nats', nats);
  const type = (machine: 'web1' | 'desk', command: string): Promise<Result> =>
    host.run(['sh', '-c', here(command)], homes[machine]);

  for (const line of block?.lines ?? []) {
    const [, machine, command = ''] = /^(web1|desk|nats)\$ (.*?)(?: +#.*)?$/.exec(line) ?? [];
    if (machine === 'nats') {
      t.is(command, 'nats-server -c /etc/nats/nats.conf'); // a server of its own, and no other port of this machine
      const configuration = readFileSync(join(desk, 'nats.conf'), 'utf8').replace(
        /\/var\/lib\/nats/g,
        join(nats, 'store'),
      );
      const server = await startNatsServer({ directory: nats, program, port, configuration, seconds: SERVER_SECONDS });
      t.teardown(() => server.stop('SIGKILL'));
    } else if (command === 'dokku-builds fleet:list') {
      t.true(await showsBuild(() => type('desk', command)), 'the build of web1 is in the list');
    } else {
      const { stdout, stderr } = expectSuccess(await type(machine as 'web1' | 'desk', command));
      if (command.includes('fleet:join')) appendFileSync(join(desk, 'lines'), stdout + stderr);
      if (command.includes('systemctl')) startUnit(host, command, homes.web1.env);
    }
  }
});

/** What systemd starts for `systemctl enable --now <unit>`. */
function startUnit(host: Sandbox, command: string, env: Readonly<Record<string, string>>): void {
  const unit = readFileSync(join(builtPlugin, 'systemd', command.split(' ').at(-1) ?? ''), 'utf8');
  const [, start = ''] = /^ExecStart=\/bin\/sh -c '([^']*)'$/m.exec(unit) ?? [];
  const script = start.replaceAll('$$', '$').replaceAll('/var/lib/dokku', host.paths.libRoot);
  host.start(['sh', '-c', script], { env });
}

/** Whether the list has the build, when the agent has published it. */
async function showsBuild(list: () => Promise<Result>): Promise<boolean> {
  const end = Date.now() + LIMIT_MS;
  while (Date.now() < end) {
    if (/^web1 +shop +one +/m.test(expectSuccess(await list()).stdout)) return true;
    await wait(200);
  }
  return false;
}
