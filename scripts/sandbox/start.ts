/**
 * What `npm start` shows once everything is built: a Dokku host in a directory of its own, deploys of every outcome on
 * it, and what the plugin says of them. Exits with 1 when something did not come out as it should.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import { createSandbox, expectSuccess, type Sandbox, script } from './host';
import { Transcript } from './transcript';

async function main(): Promise<void> {
  const host = await createSandbox();
  expectSuccess(await host.dokku(['plugin:enable', 'dokku-builds'])); // as after plugin:install
  const print = (text: string) => void process.stdout.write(text);
  const transcript = new Transcript(host, print);
  print(`=====> A Dokku host in ${host.paths.root}\n`);
  await playScene(transcript);
  const activate = writeActivate(host);
  if (transcript.surprises.length > 0) {
    process.stderr.write(`\n${transcript.surprises.map((one) => ` !     ${one}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  print(`
=====> All deploys ended as expected. The host stays; go on there:

       . ${activate}
       cd ${join(host.paths.root, 'work', 'shop')}
       git commit --allow-empty -m again && git push dokku main
       dokku builds:list shop
       dokku-builds capture blog -- sleep 60 &
       dokku builds:list; dokku builds:cancel blog
       dokku help --all

       To remove it: rm -rf ${host.paths.root}
`);
}

async function playScene(transcript: Transcript): Promise<void> {
  const { host } = transcript;
  const work = join(host.paths.root, 'work', 'shop');
  const push = ['git', 'push', '--quiet', 'dokku', 'main'] as const;

  transcript.title('Two apps, and a repository with the programs of one of them.');
  await transcript.step(['dokku', 'apps:create', 'shop'], { says: ['done'] });
  await transcript.step(['dokku', 'apps:create', 'blog'], { says: ['done'] });
  await transcript.behindTheScenes(
    ['git', 'init', '--quiet', work],
    ['git', '-C', work, 'symbolic-ref', 'HEAD', 'refs/heads/main'],
    ['git', '-C', work, 'config', 'user.name', 'Sandbox'],
    ['git', '-C', work, 'config', 'user.email', 'sandbox@example.org'],
    ['git', '-C', work, 'remote', 'add', 'dokku', join(host.paths.dokkuRoot, 'shop')],
  );

  transcript.title('A push that succeeds.');
  await commit(host, work, script('echo "       3 modules compiled"'));
  await transcript.step(push, { says: ['3 modules compiled', 'Application deployed'] }, { cwd: work });

  transcript.title(
    'A push whose build fails. As on a real host, nobody reports its end: it is concluded within seconds.',
  );
  await commit(host, work, script('echo "       shop.c:14: error: expected a semicolon" >&2', 'exit 2'));
  await transcript.step(
    push,
    { code: 1, says: ['expected a semicolon', 'App build failed', 'rejected'] },
    { cwd: work },
  );
  await transcript.step(['dokku', 'builds:wait', 'shop'], { code: 1, says: ['failed'] });

  transcript.title('A push that hangs, is listed while it runs, and is canceled.');
  const gate = host.gate();
  await commit(host, work, script(gate.announced('       downloading the internet')));
  const hanging = transcript.start(push, { cwd: work });
  await hanging.until('downloading the internet');
  await transcript.step(['dokku', 'builds:list'], { says: [/^shop +\w+ +build +\d+ +git-hook/m] });
  await transcript.step(['dokku', 'builds:cancel', 'shop'], { says: ['-----> Killing app deploy'] });
  await transcript.end(hanging, push, { code: 1, says: ['rejected'] });

  transcript.title(
    'A restart: a deploy that builds nothing. Dokku announces the deployment, and nobody reports its end.',
  );
  await transcript.step(['dokku', 'ps:restart', 'shop'], { says: ['Releasing shop'] });
  await transcript.step(['dokku', 'builds:wait', 'shop', 'last'], { says: ['succeeded'] });

  transcript.title('No Dokku needed: any command as a recorded deploy.');
  const captured = ['dokku-builds', 'capture', 'blog', '--', 'echo', 'rsync: 12 files sent'] as const;
  await transcript.step(captured, { says: ['12 files sent'] });

  transcript.title('The builds of the shop, newest first.');
  const list = await transcript.step(['dokku', 'builds:list', 'shop'], {
    says: [/deploy +succeeded .* ps:restart/, / canceled .* git-hook/, / failed .* git-hook/, / succeeded .* git-hook/],
  });
  const failed = /^(\w+) +build +failed/m.exec(list)?.[1] ?? 'unknown';
  await transcript.step(['dokku', 'builds:info', 'shop', failed], {
    says: [/Status: +failed/, /Ended: +ended without reporting/],
  });
  await transcript.step(['dokku', 'builds:output', 'shop', failed], { says: ['expected a semicolon'] });
  await transcript.step(['dokku', 'builds:report', 'shop'], { says: [/Build status: +succeeded/, /kind: +deploy/] });
  await transcript.step(['dokku', 'builds:list', 'blog', '--format', 'json'], { says: ['"status":"succeeded"'] });
  gate.close();
  await commit(host, work, script('echo "       3 modules compiled"')); // for whoever goes on
}

/** Commits `build` as the program that builds the shop. */
async function commit(host: Sandbox, work: string, build: string): Promise<void> {
  host.write(join(work, 'build'), build);
  chmodSync(join(work, 'build'), 0o755);
  await host.run(['git', '-C', work, 'add', '--all']);
  await host.run(['git', '-C', work, 'commit', '--quiet', '-m', 'Change how the shop is built']);
}

/** A file to be sourced: it puts the host's `dokku` on the PATH, and says where the host is; gives its path. */
function writeActivate(host: Sandbox): string {
  const path = join(host.paths.root, 'activate');
  const { bin, dokkuRoot, libRoot, plugins } = host.paths;
  host.write(
    path,
    `export PATH='${bin}':"$PATH" DOKKU_ROOT='${dokkuRoot}' DOKKU_LIB_ROOT='${libRoot}' PLUGIN_PATH='${plugins}'\n`,
  );
  return path;
}

main().catch((error: unknown) => {
  process.stderr.write(` !     ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
