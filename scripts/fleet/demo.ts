/**
 * What `npm run fleet:demo` shows: three Dokku hosts in directories of their own, a real nats-server, deploys on all
 * of them, one host cut off and back, the server away and back, and what the fleet says of it. Exits with 1 if
 * something did not come out as it should.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
  const [home, page] = [join(directory, 'server'), join(directory, 'fleet.html')];
  mkdirSync(home);
  say('=====> Three hosts, a reader and an administrator join; the server gets their lines');
  const onCommand = (who: string, args: readonly string[]): void => say(`${who}$ dokku-builds ${args.join(' ')}`);
  const fleet = await createFleet({
    program: server.program,
    directory: home,
    hosts: ['web1', 'web2', 'web3'],
    onCommand,
  });
  const { hosts, reader } = fleet;
  const [web1, web2, web3] = hosts as [Member, Member, Member];
  try {
    const show = async (...args: readonly string[]): Promise<string> => {
      say('');
      onCommand('desk', args);
      const { stdout, stderr } = await reader.run(args);
      process.stdout.write(stdout + stderr);
      return stdout;
    };
    say('\n=====> An agent on each host publishes what happens there; on a real host systemd starts it');
    const publish = async (host: Member): Promise<ReturnType<Member['start']>> => {
      onCommand(host.name, ['fleet:agent']);
      const agent = host.start(['fleet:agent']);
      await agent.until('Publishing');
      return agent;
    };
    const [agent1, ...others] = [await publish(web1), await publish(web2), await publish(web3)];
    say('\n=====> Deploys: shop on web1 and web2, blog on web3, where the build fails');
    const follow = reader.start(['fleet:events', '--follow']);
    await Promise.all([deploy(web1, 'shop', 0), deploy(web2, 'shop', 0), deploy(web3, 'blog', 2)]);
    await follow.until(/web1 +shop [^]*BuildFinished/);
    await follow.until(/web2 +shop [^]*BuildFinished/);
    await follow.until(/web3 +blog [^\n]*BuildFinished/);
    await show('fleet:list', '--since', '1h');
    say('\n=====> A deploy that runs is seen from everywhere');
    await web1.sandbox.createApp('api');
    const gate = web1.sandbox.gate();
    const running = await web1.sandbox.startPush('api', { build: script(gate.announced('building')) }, 'building');
    await follow.until(/web1 +api [^]*BuildStarted/);
    await show('fleet:list');
    say('\n=====> web1 is cut off. It deploys as before, and the fleet says when it heard of it last');
    agent1.signal('SIGKILL');
    await agent1.finished;
    await deploy(web1, 'shop', 0);
    await show('fleet:list', '--host', 'web1', '--since', '1h');
    say('\n=====> web1 is back, and publishes what was missed');
    const back = await publish(web1);
    await follow.until(/(web1 +shop [^]*?BuildFinished[^]*?){2}/);
    await show('fleet:list', '--host', 'web1', '--since', '1h');
    say('\n=====> The server goes away: hosts deploy as before, and the fleet says how old its answers are');
    await fleet.server().stop();
    await deploy(web2, 'shop', 0);
    await show('fleet:list', '--app', 'shop');
    say('\n=====> It is back: what was missed is published');
    await fleet.restart();
    gate.open();
    await running.finished;
    await web2.run(['fleet:push']);
    await web1.run(['fleet:push']);
    await show('fleet:list', '--since', '1h');
    await show('fleet:status');
    const verified = await show('fleet:verify');
    await show('fleet:page', '--out', page);
    if (verified.includes('deviation')) process.exitCode = 1;
    const started = [follow, back, ...others];
    for (const program of started) program.signal('SIGTERM');
    await Promise.all(started.map((program) => program.finished));
    say('\ndesk$ dokku-builds fleet:events --follow   (it ran all the time)');
    say(follow.output());
    say(`=====> The page stays in ${page}`);
  } finally {
    await fleet.remove();
    rmSync(home, { recursive: true, force: true });
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
