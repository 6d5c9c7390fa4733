/**
 * What `npm run fleet:demo` shows: three Dokku hosts in directories of their own, a real nats-server, deploys on all
 * of them, one host cut off and back, and what the fleet says of it. Exits with 1 when something did not come out as
 * it should.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expectSuccess, script } from '../sandbox/host';
import { installNatsServer } from './natsServer';
import { createFleet, type Member } from './testFleet';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const server = installNatsServer();
  if ('missing' in server) throw new Error(`There is no nats-server for the demonstration: ${server.missing}`);
  const directory = mkdtempSync(join(tmpdir(), 'dokku-fleet-'));
  say('=====> Three hosts join a fleet, and a reader');
  const fleet = await createFleet({ program: server.program, directory, hosts: ['web1', 'web2', 'web3'] });
  const { hosts, reader } = fleet;
  const [web1, web2, web3] = hosts as [Member, Member, Member];
  try {
    const show = async (args: readonly string[]): Promise<string> => {
      say(`\n$ dokku-builds ${args.join(' ')}`);
      const { stdout, stderr } = await reader.run(args);
      process.stdout.write(stdout + stderr);
      return stdout;
    };
    say('=====> An agent on each host publishes what happens there');
    const agents = hosts.map((host) => host.start(['fleet:agent']));
    await Promise.all(agents.map((agent) => agent.until('Publishing')));
    say('=====> Deploys: shop on web1 and web2, blog on web3, where the build fails');
    const follow = reader.start(['fleet:events', '--follow']);
    await Promise.all([deploy(web1, 'shop', 0), deploy(web2, 'shop', 0), deploy(web3, 'blog', 2)]);
    await follow.until(/web1 +shop [^]*BuildFinished/);
    await follow.until(/web2 +shop [^]*BuildFinished/);
    await follow.until(/web3 +blog [^]*BuildStarted/);
    await show(['fleet:list', '--since', '1h']);
    say('\n=====> A deploy that runs is seen from everywhere');
    await web1.sandbox.createApp('api');
    const gate = web1.sandbox.gate();
    const running = await web1.sandbox.startPush('api', { build: script(gate.announced('building')) }, 'building');
    await follow.until(/web1 +api [^]*BuildStarted/);
    await show(['fleet:list']);
    say('\n=====> The server goes away: hosts deploy as before, and the fleet says how old its answers are');
    await fleet.server().stop();
    await deploy(web2, 'shop', 0);
    await show(['fleet:list', '--app', 'shop']);
    say('\n=====> It is back: what was missed is published');
    await fleet.restart();
    gate.open();
    await running.finished;
    await web2.run(['fleet:push']);
    await web1.run(['fleet:push']);
    await show(['fleet:list', '--since', '1h']);
    await show(['fleet:status']);
    const verified = await show(['fleet:verify']);
    await show(['fleet:page', '--out', join(directory, 'fleet.html')]);
    if (verified.includes('deviation')) process.exitCode = 1;
    follow.signal('SIGTERM');
    for (const agent of agents) agent.signal('SIGTERM');
    await Promise.all([follow.finished, ...agents.map((agent) => agent.finished)]);
    say('\n$ dokku-builds fleet:events --follow   (it ran all the time)');
    say(follow.output());
  } finally {
    await fleet.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function deploy(host: Member, app: string, exitCode: number): Promise<void> {
  const { sandbox } = host;
  if ((await sandbox.dokku(['apps:exists', app])).code !== 0) await sandbox.createApp(app);
  const result = await sandbox.push(app, { build: script(`exit ${exitCode}`) });
  if (exitCode === 0) expectSuccess(result);
}

main().catch((error: unknown) => {
  process.stderr.write(` !     ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
